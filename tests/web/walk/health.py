"""Who gets what at the addresses of `health`."""

WALK = {
    "healthz": ((), "get", {"owner": 200, "engineer": 200, "foreign": 200, "nobody": 200, "stranger": 200}),
    "readyz": ((), "get", {"owner": 200, "engineer": 200, "foreign": 200, "nobody": 200, "stranger": 200}),
}
