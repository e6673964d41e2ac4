"""Who gets what at the addresses of `bills`."""

WALK = {
    "bills": ((), "get", {"owner": 200, "engineer": 403, "foreign": 200, "nobody": 302, "stranger": 302}),
    "bills_running": ((), "get", {"owner": 200, "engineer": 403, "foreign": 200, "nobody": 302, "stranger": 302}),
    "bill": (("bill",), "get", {"owner": 200, "engineer": 403, "foreign": 404, "nobody": 302, "stranger": 302}),
    "findings": ((), "get", {"owner": 200, "engineer": 403, "foreign": 200, "nobody": 302, "stranger": 302}),
    "findings_file": ((), "get", {"owner": 200, "engineer": 403, "foreign": 200, "nobody": 302, "stranger": 302}),
    "bill_findings": (
        ("bill",),
        "get",
        {"owner": 404, "engineer": 403, "foreign": 404, "nobody": 302, "stranger": 302},
    ),
    "bill_comparison": (
        ("bill",),
        "get",
        {"owner": 404, "engineer": 403, "foreign": 404, "nobody": 302, "stranger": 302},
    ),
    "bill_charges_csv": (
        ("bill",),
        "get",
        {"owner": 404, "engineer": 403, "foreign": 404, "nobody": 302, "stranger": 302},
    ),
    "bill_charges_parquet": (
        ("bill",),
        "get",
        {"owner": 404, "engineer": 403, "foreign": 404, "nobody": 302, "stranger": 302},
    ),
    "pull": (("source",), "post", {"owner": 302, "engineer": 403, "foreign": 404, "nobody": 302, "stranger": 302}),
}
