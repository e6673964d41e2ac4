"""Who gets what at the addresses of `people`."""

WALK = {
    "organizations": ((), "get", {"owner": 200, "engineer": 200, "foreign": 200, "nobody": 302, "stranger": 200}),
    "organization_restore": (
        ("organization",),
        "post",
        {"owner": 302, "engineer": 404, "foreign": 404, "nobody": 302, "stranger": 404},
    ),
    "invitation": (("token",), "get", {"owner": 404, "engineer": 404, "foreign": 404, "nobody": 404, "stranger": 404}),
}
