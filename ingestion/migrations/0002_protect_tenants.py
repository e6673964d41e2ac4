from django.db import migrations

from itfm.core.operations import ProtectTenant


class Migration(migrations.Migration):
    dependencies = [("ingestion", "0001_initial")]
    operations = [
        ProtectTenant("BillSource"),
        ProtectTenant("Bill"),
        ProtectTenant("ImportRun"),
        ProtectTenant("BillRevision"),
        ProtectTenant("Finding"),
    ]
