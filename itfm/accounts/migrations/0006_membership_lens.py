from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_engine")]

    operations = [
        migrations.AddField(
            model_name="membership",
            name="lens",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="The lens costs are first looked at through; empty for the usual one.",
                max_length=20,
            ),
        ),
    ]
