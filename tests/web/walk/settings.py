"""Who gets what at the addresses of `settings`."""

ADMINS = {"owner": 200, "engineer": 403, "foreign": 200, "nobody": 302, "stranger": 302}
ADMINS_SENT_ON = {**ADMINS, "owner": 302, "foreign": 302}
ADMINS_OWN = {**ADMINS, "foreign": 404}
ADMINS_OWN_SENT_ON = {**ADMINS, "owner": 302, "foreign": 404}
REFUSED = {**ADMINS, "owner": 422, "foreign": 422}
EVERYBODY = {"owner": 200, "engineer": 200, "foreign": 200, "nobody": 302, "stranger": 302}

WALK = {
    "settings": ((), "get", EVERYBODY),
    "settings_save": ((), "post", REFUSED),
    "settings_leave": ((), "get", EVERYBODY),
    "notifications": ((), "get", EVERYBODY),
    "notifications_wishes": ((), "post", {**EVERYBODY, "owner": 302, "engineer": 302, "foreign": 302}),
    "notifications_schedule": ((), "post", REFUSED),
    "notifications_test": ((), "post", {**EVERYBODY, "owner": 302, "engineer": 302, "foreign": 302}),
    "settings_close": ((), "get", ADMINS),
    "settings_security": ((), "get", {**EVERYBODY, "stranger": 200}),
    "sessions_end": ((), "post", {"owner": 302, "engineer": 302, "foreign": 302, "nobody": 302, "stranger": 302}),
    "audit": ((), "get", ADMINS),
    "audit_export": ((), "get", ADMINS),
    "keys": ((), "get", ADMINS),
    "key_create": ((), "post", REFUSED),
    "key_rotate": (("key",), "post", {**ADMINS_OWN, "owner": 201}),
    "key_revoke": (("key",), "get", ADMINS_OWN),
    "members": ((), "get", ADMINS),
    "invite": ((), "post", REFUSED),
    "member": (("member",), "get", ADMINS_OWN),
    "member_role": (("member",), "post", ADMINS_OWN_SENT_ON),
    "member_scope_add": (("member",), "post", ADMINS_OWN_SENT_ON),
    "member_remove": (("member",), "get", ADMINS_OWN),
    "member_transfer": (("member",), "get", ADMINS_OWN),
    "member_scope_remove": (("scope",), "post", ADMINS_OWN_SENT_ON),
    "member_restore": (("former",), "post", ADMINS_OWN_SENT_ON),
    "invitation_renew": (("invitation",), "post", ADMINS_OWN_SENT_ON),
    "invitation_withdraw": (("invitation",), "post", ADMINS_OWN_SENT_ON),
}
