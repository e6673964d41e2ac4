from django.db import migrations

from itfm.core.operations import ProtectTenant


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [ProtectTenant("AuditEvent")]
