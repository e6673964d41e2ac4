"""Sums by day and by month no longer ask for each row whether the organization exists.

The question is asked row by row at the end of a load. The run that a load belongs to keeps its reference: the same
transaction locks and saves it, so that its organization cannot be gone when the rows are in place.
"""

import django.db.models.deletion
from django.db import migrations, models

TABLES = ("allocation_dailycost", "allocation_monthlycost")
DROP = "\n".join(f"ALTER TABLE {table} DROP CONSTRAINT {table}_organization_id_fkey;" for table in TABLES)
ADD = "\n".join(
    f"ALTER TABLE {table} ADD CONSTRAINT {table}_organization_id_fkey"
    " FOREIGN KEY (organization_id) REFERENCES accounts_organization (id) DEFERRABLE INITIALLY DEFERRED;"
    for table in TABLES
)


class Migration(migrations.Migration):
    dependencies = [("allocation", "0011_mart_without_key"), ("accounts", "0007_closing")]

    operations = [
        migrations.RunSQL(
            DROP,
            ADD,
            state_operations=[
                migrations.AlterField(
                    model_name="monthlycost",
                    name="organization",
                    field=models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organization",
                    ),
                ),
            ],
        ),
    ]
