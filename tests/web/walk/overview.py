"""Who gets what at the addresses of `overview`."""

WALK = {
    "home": ((), "get", {"owner": 302, "engineer": 302, "foreign": 302, "nobody": 302, "stranger": 302}),
    "overview": ((), "get", {"owner": 200, "engineer": 200, "foreign": 200, "nobody": 302, "stranger": 302}),
    "overview_lens": ((), "post", dict.fromkeys(("owner", "engineer", "foreign", "nobody", "stranger"), 302)),
}
