from django.db import migrations

from itfm.core.operations import ProtectTenant


class Migration(migrations.Migration):
    dependencies = [("ingestion", "0013_region_mappings")]
    operations = [ProtectTenant("RegionMapping")]
