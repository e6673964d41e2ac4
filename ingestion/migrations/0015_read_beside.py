from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ingestion", "0014_protect_region_mappings"),
    ]

    operations = [
        migrations.AddField(
            model_name="billrevision",
            name="read_beside",
            field=models.JSONField(
                db_default=models.Value({}, output_field=models.JSONField()),
                default=dict,
                help_text="Of postings: their book, the revisions of others they were held against, and what is in both.",
            ),
        ),
    ]
