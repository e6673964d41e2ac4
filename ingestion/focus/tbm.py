"""Which technology resource tower and which cost pool the services of each FOCUS category are of. Pure.

Source: the TBM Taxonomy of the TBM Council, version 4.0 (https://www.tbmcouncil.org), whose towers and pools these are.
It names no FOCUS categories; the table is this project's own reading of its definitions. What is bought from a cloud
provider by use is of the pool Outside Services (Cloud Service Providers there), what is licensed of Software.
"""

from __future__ import annotations

from typing import Final

from ingestion.focus.services import SUBCATEGORIES

TOWERS: Final = {
    "AI and Machine Learning": "Platform",
    "Analytics": "Platform",
    "Business Applications": "Application",
    "Compute": "Compute",
    "Databases": "Platform",
    "Developer Tools": "Application",
    "Identity": "Security & Compliance",
    "Integration": "Platform",
    "Internet of Things": "Platform",
    "Management and Governance": "Delivery",
    "Media": "Application",
    "Migration": "Delivery",
    "Mobile": "Application",
    "Multicloud": "Platform",
    "Networking": "Network",
    "Security": "Security & Compliance",
    "Storage": "Storage",
    "Web": "Platform",
}
"""ServiceCategory to its tower; Other has none, since it says nothing."""
TOWERS_OF_SUBCATEGORIES: Final = {
    "Architecture": "IT Management",
    "Compliance": "Security & Compliance",
    "Containers": "Platform",
    "Cost Management": "IT Management",
    "Data Governance": "Security & Compliance",
    "Disaster Recovery": "Security & Compliance",
    "End User Computing": "End User",
    "Endpoint Management": "End User",
    "Network Security": "Security & Compliance",
    "Productivity and Collaboration": "End User",
}
"""ServiceSubcategory to its tower, where that is another than its category's."""
SOFTWARE: Final = "Software"
CLOUD: Final = "Outside Services"
COST_POOLS: Final = {
    category: SOFTWARE if category in {"Business Applications", "Developer Tools"} else CLOUD
    for category in SUBCATEGORIES
    if category in TOWERS
}
"""ServiceCategory to its cost pool."""
