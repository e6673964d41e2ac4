from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("allocation", "0006_rollups"),
    ]

    operations = [
        migrations.AddField(
            model_name="allocationrun",
            name="step",
            field=models.CharField(
                blank=True, db_default="", help_text="What a running run is at, in words.", max_length=60
            ),
        ),
    ]
