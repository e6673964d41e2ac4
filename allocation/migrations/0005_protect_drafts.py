from django.db import migrations

from itfm.core.operations import ProtectTenant


class Migration(migrations.Migration):
    dependencies = [("allocation", "0004_drafts")]
    operations = [
        ProtectTenant("RuleDraft"),
        ProtectTenant("DraftStep"),
    ]
