"""Who gets what at the addresses of `sources`."""

WRITE = {"engineer": 403, "foreign": 404, "nobody": 302, "stranger": 302}
WALK = {
    "source_new": ((), "get", {"owner": 200, "engineer": 403, "foreign": 200, "nobody": 302, "stranger": 302}),
    "source_connect": (
        ("kind",),
        "get",
        {"owner": 200, "engineer": 403, "foreign": 200, "nobody": 302, "stranger": 302},
    ),
    "source": (("source",), "get", {"owner": 200, **WRITE}),
    "source_settings": (("source",), "get", {"owner": 200, **WRITE}),
    "source_test": (("source",), "get", {"owner": 200, **WRITE}),
    "source_schedule": (("source",), "get", {"owner": 200, **WRITE}),
    "source_pause": (("source",), "post", {"owner": 302, **WRITE}),
    "source_resume": (("source",), "post", {"owner": 302, **WRITE}),
    "source_remove": (("source",), "get", {"owner": 200, **WRITE}),
    "source_restore": (("source",), "post", {"owner": 404, **WRITE}),
    "source_erase": (("source",), "post", {"owner": 404, **WRITE}),
}
