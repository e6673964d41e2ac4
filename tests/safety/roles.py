"""Who may enter where: address -> Owner, Admin, Finance, Engineer, Viewer, aUditor."""

EVERYBODY = "OAFEVU"

MAY = {
    "overview": EVERYBODY,
    "bills": "OAFU",
    "bills_running": "OAFU",
    "bill": "OAFU",
    "pull": "OAF",
    "settings": EVERYBODY,
    "settings_save": "OA",
    "settings_leave": EVERYBODY,
    "members": "OAU",
    "member": "OAU",
    "invite": "OA",
    "invitation_renew": "OA",
    "invitation_withdraw": "OA",
    "member_role": "OA",
    "member_scope_add": "OA",
    "member_scope_remove": "OA",
    "member_remove": "OA",
    "member_restore": "OA",
    "member_transfer": "O",
    "keys": "OA",
    "key_create": "OA",
    "key_rotate": "OA",
    "key_revoke": "OA",
    "audit": "OAU",
    "audit_export": "OAU",
}
