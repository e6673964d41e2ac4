"""Who gets what at the addresses of `explain`; without a slice there is nothing to explain."""

WALK = {
    "explain": ((), "get", {"owner": 404, "engineer": 404, "foreign": 404, "nobody": 302, "stranger": 302}),
}
