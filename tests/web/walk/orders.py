"""Who gets what at the addresses of `orders`."""

LIST = {"owner": 200, "engineer": 403, "foreign": 200, "nobody": 302, "stranger": 302}
ONE = {"owner": 200, "engineer": 403, "foreign": 404, "nobody": 302, "stranger": 302}

WALK = {
    "purchase_orders": ((), "get", LIST),
    "purchase_orders_file": ((), "get", LIST),
    "purchase_order_new": ((), "get", LIST),
    "purchase_order_upload": ((), "get", LIST),
    "purchase_order": (("order",), "get", ONE),
    "purchase_order_edit": (("order",), "get", ONE),
    "purchase_order_close": (("order",), "post", {**ONE, "owner": 302}),
    "purchase_order_reopen": (("order",), "post", {**ONE, "owner": 302}),
    "purchase_order_delete": (("order",), "post", {**ONE, "owner": 302}),
}
