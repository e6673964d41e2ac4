"""Who gets what at the addresses of `showback`."""

EVERYBODY = {"owner": 200, "engineer": 200, "foreign": 200, "nobody": 302, "stranger": 302}
ONE = {"owner": 200, "engineer": 404, "foreign": 404, "nobody": 302, "stranger": 302}

WALK = {
    "showback": ((), "get", EVERYBODY),
    "scorecard": (("center",), "get", ONE),
    "scorecard_csv": (("center",), "get", ONE),
    "scorecard_owner": (("center",), "post", {**ONE, "owner": 302, "engineer": 403}),
}
