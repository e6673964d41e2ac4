"""Who gets what at the addresses of `explore`."""

EVERYBODY = {"owner": 200, "engineer": 200, "foreign": 200, "nobody": 302, "stranger": 302}
OWN = {"owner": 302, "engineer": 404, "foreign": 404, "nobody": 302, "stranger": 302}

WALK = {
    "explore": ((), "get", EVERYBODY),
    "explore_lens": ((), "post", dict.fromkeys(EVERYBODY, 302)),
    "explore_lines": ((), "get", EVERYBODY),
    "explore_values": ((), "get", EVERYBODY),
    "explore_export": ((), "get", EVERYBODY),
    "explore_views": ((), "get", EVERYBODY),
    "explore_view_save": ((), "post", dict.fromkeys(EVERYBODY, 302)),
    "explore_view_rename": (("view",), "post", OWN),
    "explore_view_share": (("view",), "post", OWN),
    "explore_view_delete": (("view",), "post", OWN),
    "explore_view_restore": (("view",), "post", OWN),
}
