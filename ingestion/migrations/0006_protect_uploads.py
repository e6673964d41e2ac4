from django.db import migrations

from itfm.core.operations import ProtectTenant


class Migration(migrations.Migration):
    dependencies = [("ingestion", "0005_uploads")]
    operations = [ProtectTenant("BillUpload")]
