"""Who gets what at the addresses of `design`: nobody here runs the site."""

NOBODY = dict.fromkeys(("owner", "engineer", "foreign", "nobody", "stranger"), 404)

WALK = {
    "design": ((), "get", NOBODY),
    "design_suggestions": ((), "get", NOBODY),
    "design_panel": ((), "get", NOBODY),
}
