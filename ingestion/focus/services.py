"""The service categories of FOCUS and the subcategories of each. Pure.

Source: FOCUS 1.4, ServiceCategory and ServiceSubcategory. Each category also has `Other (<category>)`.
"""

from __future__ import annotations

from typing import Final

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
