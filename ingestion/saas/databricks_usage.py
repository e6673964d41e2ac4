"""What Databricks' usage is in FOCUS: services, and the resource that a row is of. Pure.

Sources: `billing_origin_product` and `usage_metadata` of
https://docs.databricks.com/aws/en/admin/system-tables/billing; FOCUS 1.4, ServiceCategory and ServiceSubcategory.
"""

from __future__ import annotations

from typing import Final

from ingestion.focus.expressions import literal
from ingestion.normalize.fields import Fields
from ingestion.saas.patterns import read_patterns

_TABLE: Final = """
model_serving|inference | Databricks Model Serving | AI and Machine Learning | Machine Learning
^ai_|agent|foundation_model|genie|vector_search | Databricks Mosaic AI | AI and Machine Learning | Generative AI
^jobs$|jobs_ | Databricks Jobs | Analytics | Data Processing
dlt|lakeflow|predictive_optimization | Databricks Pipelines | Analytics | Data Processing
^sql$|sql_ | Databricks SQL | Databases | Data Warehouses
database|lakebase | Databricks Lakebase | Databases | Relational Databases
online_tables | Databricks Online Tables | Databases | NoSQL Databases
storage | Databricks Storage | Storage | Storage Platforms
networking|^data_transfer | Databricks Networking | Networking | Network Connectivity
^apps$ | Databricks Apps | Web | Application Platforms
monitoring | Databricks Data Quality Monitoring | Management and Governance | Observability
classification|access_control | Databricks Unity Catalog | Management and Governance | Data Governance
all_purpose|interactive | Databricks Notebooks | Analytics | Analytics Platforms
"""
PATTERNS: Final = read_patterns(_TABLE, category="Analytics", subcategory="Analytics Platforms")
RESOURCES: Final = {
    "Job": "job_id",
    "Pipeline": "dlt_pipeline_id",
    "SQL Warehouse": "warehouse_id",
    "Serving Endpoint": "endpoint_id",
    "Cluster": "cluster_id",
    "Notebook": "notebook_id",
}
"""Kinds of resources by the column of their id, the one that says most first: a job runs on a cluster."""
OWN_RESOURCE: Final = {
    "JOBS": "Job",
    "DLT": "Pipeline",
    "SQL": "SQL Warehouse",
    "MODEL_SERVING": "Serving Endpoint",
    "VECTOR_SEARCH": "Serving Endpoint",
}
"""The kind of resource that a product is bought for, where a row names several."""


def resource_kind(fields: Fields) -> str:
    """Return the kind of resource that a row is of: that of its product, else the first that it names."""
    own = (
        f"WHEN upper({fields.text('billing_origin_product')}) = {literal(product)}"
        f" AND {fields.text(RESOURCES[kind])} IS NOT NULL THEN {literal(kind)}"
        for product, kind in OWN_RESOURCE.items()
    )
    first = (f"WHEN {fields.text(column)} IS NOT NULL THEN {literal(kind)}" for kind, column in RESOURCES.items())
    return f"CASE {' '.join((*own, *first))} END"


def resource_id(fields: Fields, *, kind: str) -> str:
    """Return the id of the resource of a kind, which is the expression `kind`."""
    cases = (f"WHEN {literal(name)} THEN {fields.text(column)}" for name, column in RESOURCES.items())
    return f"CASE {kind} {' '.join(cases)} END"


def resource_name(fields: Fields, *, kind: str) -> str:
    """Return the name of the resource, where usage tells one."""
    job, endpoint = fields.text("job_name"), fields.text("endpoint_name")
    return f"CASE {kind} WHEN 'Job' THEN {job} WHEN 'Serving Endpoint' THEN {endpoint} END"


def host(cloud: str) -> str:
    """Return whose cloud a workspace is in."""
    return f"CASE upper({cloud}) WHEN 'AWS' THEN 'AWS' WHEN 'AZURE' THEN 'Microsoft' WHEN 'GCP' THEN 'Google Cloud' END"
