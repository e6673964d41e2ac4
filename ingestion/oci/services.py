"""Oracle Cloud Infrastructure's services as FOCUS categories. Pure.

Sources: the names of services in a published cost report (the first eight), those of Oracle's Cost Analysis and price
list for the others, whose spelling in a report is not known for certain; and the service categories of FOCUS 1.4,
ServiceCategory and ServiceSubcategory. A service that is not here still imports, with the category Other.
"""

from __future__ import annotations

from typing import Final

from ingestion.focus.services import read_services

_TABLE: Final = """
COMPUTE | Compute | Compute | Virtual Machines
BLOCK_STORAGE | Block Storage | Storage | Block Storage
OBJECTSTORE | Object Storage | Storage | Object Storage
NETWORK | Networking | Networking | Network Infrastructure
DATABASE | Database | Databases | Relational Databases
MYSQL | MySQL | Databases | Relational Databases
TELEMETRY | Monitoring | Management and Governance | Observability
ORACLE_STREAMING_SERVICE | Streaming | Integration | Messaging
COMPUTE_DEDICATED_VM_HOST | Dedicated Virtual Machine Hosts | Compute | Virtual Machines
VMWARE | VMware Solution | Compute | Virtual Machines
VMWARE_SOLUTION | VMware Solution | Compute | Virtual Machines
OKE | Kubernetes Engine | Compute | Containers
CONTAINER_ENGINE | Kubernetes Engine | Compute | Containers
KUBERNETES_ENGINE | Kubernetes Engine | Compute | Containers
CONTAINER_INSTANCES | Container Instances | Compute | Containers
CONTAINER_REGISTRY | Container Registry | Compute | Containers
FUNCTIONS | Functions | Compute | Serverless Compute
SECURE_DESKTOPS | Secure Desktops | Compute | End User Computing
BLOCK_VOLUME | Block Storage | Storage | Block Storage
OBJECT_STORAGE | Object Storage | Storage | Object Storage
ARCHIVE_STORAGE | Archive Storage | Storage | Object Storage
FILE_STORAGE | File Storage | Storage | File Storage
LUSTRE_FILE_STORAGE | Lustre File Storage | Storage | File Storage
DATA_TRANSFER | Data Transfer | Migration | Data Migration
DATABASE_MIGRATION | Database Migration | Migration | Data Migration
CLOUD_MIGRATIONS | Cloud Migrations | Migration | Resource Migration
AUTONOMOUS_DATABASE | Autonomous Database | Databases | Relational Databases
EXADATA | Exadata Database | Databases | Relational Databases
POSTGRESQL | PostgreSQL | Databases | Relational Databases
NOSQL | NoSQL Database | Databases | NoSQL Databases
NOSQL_DATABASE | NoSQL Database | Databases | NoSQL Databases
CACHE | Cache | Databases | Caching
OPENSEARCH | Search with OpenSearch | Analytics | Search
GOLDENGATE | GoldenGate | Integration |
NETWORKING | Networking | Networking | Network Infrastructure
VIRTUAL_CLOUD_NETWORK | Networking | Networking | Network Infrastructure
FASTCONNECT | FastConnect | Networking | Network Connectivity
VPN | Site-to-Site VPN | Networking | Network Connectivity
LOAD_BALANCER | Load Balancer | Networking | Application Networking
LBAAS | Load Balancer | Networking | Application Networking
DNS | DNS | Networking | Application Networking
NETWORK_FIREWALL | Network Firewall | Networking | Network Security
API_GATEWAY | API Gateway | Integration | API Management
INTEGRATION | Integration | Integration | Workflow Orchestration
ORACLE_INTEGRATION_CLOUD | Integration | Integration | Workflow Orchestration
STREAMING | Streaming | Integration | Messaging
QUEUE | Queue | Integration | Messaging
NOTIFICATIONS | Notifications | Integration | Messaging
EMAIL_DELIVERY | Email Delivery | Integration | Messaging
ANALYTICS | Analytics | Analytics | Business Intelligence
ANALYTICS_CLOUD | Analytics | Analytics | Business Intelligence
BIG_DATA | Big Data | Analytics | Data Processing
DATA_FLOW | Data Flow | Analytics | Data Processing
DATA_INTEGRATION | Data Integration | Analytics | Data Processing
DATA_CATALOG | Data Catalog | Management and Governance | Data Governance
DATA_SAFE | Data Safe | Security | Security Posture Management
DATA_SCIENCE | Data Science | AI and Machine Learning | Machine Learning
GENERATIVE_AI | Generative AI | AI and Machine Learning | Generative AI
DIGITAL_ASSISTANT | Digital Assistant | AI and Machine Learning | Bots
LANGUAGE | Language | AI and Machine Learning | Natural Language Processing
SPEECH | Speech | AI and Machine Learning | Natural Language Processing
VISION | Vision | AI and Machine Learning |
DOCUMENT_UNDERSTANDING | Document Understanding | AI and Machine Learning |
MONITORING | Monitoring | Management and Governance | Observability
LOGGING | Logging | Management and Governance | Observability
LOGGING_ANALYTICS | Logging Analytics | Management and Governance | Observability
APM | Application Performance Monitoring | Management and Governance | Observability
OPERATIONS_INSIGHTS | Ops Insights | Management and Governance | Observability
DATABASE_MANAGEMENT | Database Management | Management and Governance | Observability
FULL_STACK_DISASTER_RECOVERY | Full Stack Disaster Recovery | Management and Governance | Disaster Recovery
KMS | Key Management | Security | Secret Management
KEY_MANAGEMENT | Key Management | Security | Secret Management
VAULT | Vault | Security | Secret Management
CLOUD_GUARD | Cloud Guard | Security | Security Posture Management
WAF | Web Application Firewall | Security | Threat Detection and Response
WEB_APPLICATION_FIREWALL | Web Application Firewall | Security | Threat Detection and Response
IDENTITY | Identity | Identity | Identity and Access Management
DEVOPS | DevOps | Developer Tools | Continuous Integration and Deployment
MEDIA_SERVICES | Media Services | Media | Media Streaming
MARKETPLACE | Marketplace | Other |
"""

SERVICES: Final = read_services(_TABLE)
"""By the word that a report gives them, in capitals, its parts joined by underscores."""


def word_of(service: str) -> str:
    """Return the expression of a service's word: `Object Storage` and `OBJECT_STORAGE` are the same."""
    return rf"upper(trim(regexp_replace({service}, '[^A-Za-z0-9]+', '_', 'g'), '_'))"
