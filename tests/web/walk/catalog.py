"""Who gets what at the addresses of `catalog`."""

LIST = {"owner": 200, "engineer": 403, "foreign": 200, "nobody": 302, "stranger": 302}
ONE = {"owner": 200, "engineer": 403, "foreign": 404, "nobody": 302, "stranger": 302}

WALK = {
    "services": ((), "get", LIST),
    "service_map": ((), "get", {**LIST, "owner": 404, "foreign": 404}),
    "services_read_again": ((), "post", {**LIST, "owner": 302, "foreign": 302}),
    "service_unmap": (("mapping",), "post", {**ONE, "owner": 302}),
    "regions": ((), "get", LIST),
    "region_map": ((), "get", {**LIST, "owner": 404, "foreign": 404}),
    "region_unmap": (("region_mapping",), "post", {**ONE, "owner": 302}),
}
