"""Who gets what at the addresses of `invoices`."""

LIST = {"owner": 200, "engineer": 403, "foreign": 200, "nobody": 302, "stranger": 302}
ONE = {"owner": 200, "engineer": 403, "foreign": 404, "nobody": 302, "stranger": 302}

WALK = {
    "invoices": ((), "get", LIST),
    "invoice_state": ((), "get", {"owner": 404, "engineer": 404, "foreign": 404, "nobody": 302, "stranger": 302}),
    "invoice_new": ((), "get", LIST),
    "invoice_upload": ((), "get", LIST),
    "invoice": (("invoice",), "get", ONE),
    "invoice_edit": (("invoice",), "get", ONE),
    "invoice_void": (("invoice",), "post", {**ONE, "owner": 302}),
    "invoice_restore": (("invoice",), "post", {**ONE, "owner": 302}),
}
