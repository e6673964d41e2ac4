"""Who gets what at the addresses of `allocation`; the rules of the two organizations are empty."""

READ = {"owner": 200, "engineer": 403, "foreign": 200, "nobody": 302, "stranger": 302}
WRITE = {"owner": 302, "engineer": 403, "foreign": 302, "nobody": 302, "stranger": 302}
ABSENT = {"owner": 404, "engineer": 403, "foreign": 404, "nobody": 302, "stranger": 302}

WALK = {
    "allocation": ((), "get", READ),
    "allocation_running": ((), "get", READ),
    "allocation_review": ((), "get", READ),
    "allocation_change": ((), "post", ABSENT),
    "allocation_undo": ((), "post", WRITE),
    "allocation_redo": ((), "post", WRITE),
    "allocation_discard": ((), "post", WRITE),
    "allocation_restore": (("bill",), "post", ABSENT),
    "allocation_coverage": ((), "get", READ),
    "allocation_trace": ((), "get", READ),
    "allocation_runs": ((), "get", READ),
    "allocation_again": ((), "post", ABSENT),
    "allocation_run": (("bill",), "get", ABSENT),
    "allocation_reallocate": ((), "post", WRITE),
    "allocation_reallocation": (("bill",), "get", ABSENT),
    "allocation_reallocation_cancel": (("bill",), "post", ABSENT),
    "allocation_versions": ((), "get", READ),
    "allocation_import": ((), "post", {**WRITE, "owner": 422, "foreign": 422}),
    "allocation_export": (("number",), "get", ABSENT),
    "allocation_version_restore": (("number",), "post", ABSENT),
    "allocation_drivers": ((), "get", READ),
    "allocation_driver_add": ((), "post", WRITE),
    "allocation_driver": (("token",), "get", ABSENT),
    "allocation_driver_take_in": (("token",), "post", ABSENT),
    "allocation_driver_values": (("token",), "get", ABSENT),
    "allocation_lookups": ((), "get", READ),
    "allocation_lookup_add": ((), "post", WRITE),
    "allocation_lookup": (("kind",), "get", ABSENT),
    "allocation_lookup_edit": (("kind",), "post", ABSENT),
    "allocation_lookup_take_in": (("kind",), "post", ABSENT),
    "allocation_lookup_delete": (("kind",), "post", ABSENT),
    "allocation_lookup_rows": (("kind",), "get", ABSENT),
    "allocation_split": (("token",), "get", ABSENT),
    "allocation_texts": ((), "get", READ),
    "allocation_dimension": (("token",), "get", ABSENT),
    "allocation_rule": (("token", "token"), "get", ABSENT),
}
