"""Who gets what at the addresses of `recommendations`."""

LIST = {"owner": 200, "engineer": 403, "foreign": 200, "nobody": 302, "stranger": 302}

WALK = {"recommendations": ((), "get", LIST), "recommendations_file": ((), "get", LIST)}
