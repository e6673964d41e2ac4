from django.db import migrations

from itfm.core.operations import ProtectTenant


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [
        # A person sees the organizations they belong to before one is chosen; rounds over all tenants see their ids.
        ProtectTenant(
            "Organization",
            column="id",
            also_visible="(SELECT itfm_is_system()) OR id IN (SELECT organization_id FROM accounts_membership"
            " WHERE user_id = (SELECT itfm_current_user()))",
        ),
        ProtectTenant("Membership", also_visible="user_id = (SELECT itfm_current_user())"),
        ProtectTenant("Scope"),
        ProtectTenant("Invitation"),
        ProtectTenant("ApiKey"),
    ]
