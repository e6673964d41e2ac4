from django.db import migrations

from itfm.core.operations import ProtectTenant


class Migration(migrations.Migration):
    dependencies = [("notify", "0003_letters")]
    operations = [ProtectTenant("NotificationPreference")]
