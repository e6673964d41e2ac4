"""What rows of Snowflake's USAGE_IN_CURRENCY_DAILY are in FOCUS. Pure.

Sources: https://docs.snowflake.com/en/sql-reference/organization-usage/usage_in_currency_daily and its neighbors for
the types of service; FOCUS 1.4, ChargeCategory, ServiceCategory and ServiceSubcategory. Snowflake publishes no rule
from this view to FOCUS; where the two do not decide, the function says what was chosen.
"""

from __future__ import annotations

from typing import Final

from ingestion.aws.regions import REGIONS as AWS_REGIONS
from ingestion.azure.regions import IDS as AZURE_REGIONS
from ingestion.focus.expressions import looked_up
from ingestion.gcp.regions import REGIONS as GCP_REGIONS
from ingestion.normalize.fields import Fields
from ingestion.saas.patterns import read_patterns

_TABLE: Final = """
^ai|cortex|document_ai|intelligence | Snowflake Cortex AI | AI and Machine Learning | Generative AI
container|compute_pool | Snowpark Container Services | Compute | Containers
snowpipe|openflow|copy_files|ingest | Snowflake Data Loading | Analytics | Data Processing
task|dynamic_table|materialized|clustering|search_opt|acceleration | Snowflake Serverless Features | Analytics | \
Data Processing
transfer | Snowflake Data Transfer | Networking | Network Connectivity
replication|backup|failover | Snowflake Replication | Management and Governance | Disaster Recovery
support | Snowflake Support | Management and Governance | Support
storage | Snowflake Storage | Databases | Data Warehouses
warehouse|^compute$|cloud_services|cloud services | Snowflake Warehouses | Databases | Data Warehouses
"""
PATTERNS: Final = read_patterns(_TABLE, category="Databases", subcategory="Data Warehouses")


REGIONS: Final = {
    **{f"AWS_{code.upper().replace('-', '_')}": name for code, name in AWS_REGIONS.items()},
    **{f"AZURE_{code.upper()}": region.name for code, region in AZURE_REGIONS.items()},
    **{f"GCP_{code.upper().replace('-', '_')}": name for code, name in GCP_REGIONS.items()},
}
"""Regions as Snowflake writes them to what their cloud calls them."""


def charge_category(fields: Fields) -> str:
    """Return what kind of charge a row is.

    | the row says                                              | charge category |
    |-----------------------------------------------------------|-----------------|
    | IS_ADJUSTMENT                                             | Adjustment      |
    | balance source or billing type rebate                     | Credit          |
    | balance source free usage, billing type support_credit    | Credit          |
    | billing type priority support, vps_deployment_fee         | Purchase        |
    | anything else                                             | Usage           |

    Amounts keep the sign they are told with. Which sign Snowflake gives what a free balance paid is not documented; the
    sum of a bill is that of its view either way.
    """
    source, kind = (f"lower({fields.text(name)})" for name in ("balance_source", "billing_type"))
    return (
        f"CASE WHEN lower({fields.text('is_adjustment')}) IN ('true', 't', '1', 'yes') THEN 'Adjustment'"
        f" WHEN {source} IN ('rebate', 'free usage') OR {kind} IN ('rebate', 'support_credit') THEN 'Credit'"
        f" WHEN {kind} IN ('priority support', 'vps_deployment_fee') THEN 'Purchase' ELSE 'Usage' END"
    )


def unit(fields: Fields) -> str:
    """Return what USAGE counts: credits of computing, terabytes of storage and transfer; else nothing is said."""
    return (
        f"CASE lower({fields.text('rating_type')}) WHEN 'compute' THEN 'Credits'"
        " WHEN 'storage' THEN 'TB' WHEN 'data transfer' THEN 'TB' END"
    )


def host(region: str) -> str:
    """Return whose cloud a region such as AWS_US_WEST_2 or PUBLIC.AZURE_WESTEUROPE is of."""
    cloud = rf"regexp_extract(upper({region}), '(?:^|\.)(AWS|AZURE|GCP)_', 1)"
    return f"CASE {cloud} WHEN 'AWS' THEN 'AWS' WHEN 'AZURE' THEN 'Microsoft' WHEN 'GCP' THEN 'Google Cloud' END"


def region_name(region: str) -> str:
    """Return what a region is called by its cloud, null where that is not known."""
    # Organizations with groups of regions write the group before the region, as in PUBLIC.AWS_US_WEST_2.
    return looked_up(f"regexp_extract(upper({region}), '[^.]*$')", REGIONS)
