from django.db import migrations

from itfm.core.operations import ProtectTenant


class Migration(migrations.Migration):
    dependencies = [("ingestion", "0009_service_mappings")]
    operations = [ProtectTenant("ServiceMapping")]
