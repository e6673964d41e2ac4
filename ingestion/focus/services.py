"""The service categories of FOCUS and the subcategories of each, and what services are of them. Pure.

Source: FOCUS 1.4, ServiceCategory and ServiceSubcategory. Each category also has `Other (<category>)`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ingestion.focus.expressions import literal, looked_up

_TABLE: Final = """
AI and Machine Learning | AI Platforms, Bots, Generative AI, Machine Learning, Natural Language Processing
Analytics | Analytics Platforms, Business Intelligence, Data Processing, Search, Streaming Analytics
Business Applications | Productivity and Collaboration
Compute | Containers, End User Computing, Quantum Compute, Serverless Compute, Virtual Machines
Databases | Caching, Data Warehouses, Ledger Databases, NoSQL Databases, Relational Databases, Time Series \
Databases
Developer Tools | Continuous Integration and Deployment, Developer Platforms, Development Environments, Quality \
Assurance, Source Code Management
Identity | Identity and Access Management
Integration | API Management, Messaging, Workflow Orchestration
Internet of Things | IoT Analytics, IoT Platforms
Management and Governance | Architecture, Compliance, Cost Management, Data Governance, Disaster Recovery, \
Endpoint Management, Observability, Support
Media | Content Creation, Gaming, Media Streaming, Mixed Reality
Migration | Data Migration, Resource Migration
Mobile |
Multicloud | Multicloud Integration
Networking | Application Networking, Content Delivery, Network Connectivity, Network Infrastructure, Network \
Routing, Network Security
Other |
Security | Secret Management, Security Posture Management, Threat Detection and Response
Storage | Backup Storage, Block Storage, File Storage, Object Storage, Storage Platforms
Web | Application Platforms
"""


def _row(line: str) -> tuple[str, frozenset[str]]:
    category, _, names = line.partition(" |")
    known = (name.strip() for name in names.split(","))
    return category, frozenset((*filter(None, known), f"Other ({category})"))


SUBCATEGORIES: Final = dict(_row(line) for line in _TABLE.strip().splitlines())
"""Category to its subcategories."""

OTHER_CATEGORY: Final = "Other"


@dataclass(frozen=True)
class Service:
    """A service as FOCUS names it."""

    name: str
    category: str
    subcategory: str


def read_services(table: str) -> dict[str, Service]:
    """Return the services of a table by what a provider calls them: `code | name | category | subcategory`.

    Without a code the name is what the provider calls it; without a subcategory it is the category's other one.

    :raises ValueError: two lines are of the same.
    """
    found: dict[str, Service] = {}
    for line in table.strip().splitlines():
        *called, category, subcategory = (cell.strip() for cell in line.split("|"))
        if called[0] in found:
            raise ValueError(f"{called[0]} stands twice.")
        found[called[0]] = Service(called[-1], category, subcategory or f"Other ({category})")
    return found


def service_columns(key: str, services: Mapping[str, Service], *, own_name: str) -> dict[str, str]:
    """Return the expressions of a row's service; what is not known keeps its own name, under the category Other."""
    return {
        "service_name": looked_up(key, {word: one.name for word, one in services.items()}, otherwise=own_name),
        "service_category": looked_up(
            key, {word: one.category for word, one in services.items()}, otherwise=literal(OTHER_CATEGORY)
        ),
        "service_subcategory": looked_up(
            key,
            {word: one.subcategory for word, one in services.items()},
            otherwise=literal(f"Other ({OTHER_CATEGORY})"),
        ),
    }
