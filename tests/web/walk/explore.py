"""Who gets what at the addresses of `explore`."""

EVERYBODY = {"owner": 200, "engineer": 200, "foreign": 200, "nobody": 302, "stranger": 302}

WALK = {
    "explore": ((), "get", EVERYBODY),
    "explore_lines": ((), "get", EVERYBODY),
    "explore_values": ((), "get", EVERYBODY),
    "explore_export": ((), "get", EVERYBODY),
}
