"""Who gets what at the addresses of `api`."""

WALK = {
    "api_costs": ((), "get", {"owner": 401, "engineer": 401, "foreign": 401, "nobody": 401, "stranger": 401}),
}
