"""The mart no longer asks for each of its rows whether the organization exists.

The question was asked row by row at the end of a load, a quarter of its processor time. The rows of a load still belong
to an organization that is there: the policy lets rows of the current one in only, and the sums by month, which the same
transaction writes, keep their reference.
"""

import django.db.models.deletion
from django.db import migrations, models

DROP = "ALTER TABLE allocation_allocatedcost DROP CONSTRAINT allocation_allocatedcost_organization_id_fkey;"
ADD = """
ALTER TABLE allocation_allocatedcost ADD CONSTRAINT allocation_allocatedcost_organization_id_fkey
    FOREIGN KEY (organization_id) REFERENCES accounts_organization (id) DEFERRABLE INITIALLY DEFERRED;
"""


class Migration(migrations.Migration):
    dependencies = [("allocation", "0009_reallocation"), ("accounts", "0007_closing")]

    operations = [
        migrations.RunSQL(
            DROP,
            ADD,
            state_operations=[
                migrations.AlterField(
                    model_name="allocatedcost",
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
