"""What kind of resource Google Cloud's billing export names. Pure."""

from __future__ import annotations


def resource_type(name: str) -> str:
    """Return the kind of the resource a full name is of, null for another form: its service and its collection.

    Source: https://cloud.google.com/apis/design/resource_names, full resource names. `name` is SQL.

    | full name                                                      | kind                             |
    |----------------------------------------------------------------|----------------------------------|
    | //compute.googleapis.com/projects/p/zones/z/instances/web-1    | compute.googleapis.com/instances |
    | //storage.googleapis.com/projects/_/buckets/logs               | storage.googleapis.com/buckets   |
    | web-1                                                          | null                             |
    """
    # What stands outside of a CASE twice, the engine works out once.
    parts = f"string_split(CASE WHEN {name} LIKE '//%/%/%' THEN {name} END, '/')"
    return f"{parts}[3] || '/' || {parts}[-2]"
