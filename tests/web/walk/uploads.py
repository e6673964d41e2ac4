"""Who gets what at the addresses of `uploads`."""

WRITE = {"engineer": 403, "foreign": 404, "nobody": 302, "stranger": 302}
WALK = {
    "upload_new": ((), "get", {"owner": 200, "engineer": 403, "foreign": 200, "nobody": 302, "stranger": 302}),
    "upload": (("upload",), "get", {"owner": 200, **WRITE}),
    "upload_read": (("upload",), "post", {"owner": 422, **WRITE}),
    "upload_confirm": (("upload",), "post", {"owner": 422, **WRITE}),
    "upload_discard": (("upload",), "post", {"owner": 302, **WRITE}),
}
