"""Every letter has a kind; only the words about it change."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notify", "0004_protect_preferences")]

    operations = [
        migrations.AlterField(
            model_name="outboxmessage",
            name="kind",
            field=models.CharField(
                blank=True, db_default="", help_text="`showback`, `invitation`, `test`.", max_length=40
            ),
        ),
    ]
