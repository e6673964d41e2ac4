from django.db import migrations

from itfm.core.operations import ProtectTenant


class Migration(migrations.Migration):
    dependencies = [("web", "0001_saved_views")]
    operations = [ProtectTenant("SavedView")]
