from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_organization_settings"),
    ]

    operations = [
        migrations.AddField(
            model_name="organization",
            name="engine",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="What allocates; empty: as the site is set up.",
                max_length=20,
            ),
        ),
    ]
