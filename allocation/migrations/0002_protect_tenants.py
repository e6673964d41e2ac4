from django.db import migrations

from itfm.core.operations import ProtectTenant


class Migration(migrations.Migration):
    dependencies = [("allocation", "0001_initial")]
    operations = [
        ProtectTenant("RuleSet"),
        ProtectTenant("DriverValue"),
        ProtectTenant("AllocationRun"),
        ProtectTenant("Segment"),
    ]
