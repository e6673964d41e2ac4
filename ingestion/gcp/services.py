"""Google Cloud's services as FOCUS categories. Pure.

Sources: the service descriptions of Google's public price list, and the service categories of FOCUS 1.4,
ServiceCategory and ServiceSubcategory. A service that is not here still imports, with the category Other.
"""

from __future__ import annotations

from typing import Final

from ingestion.focus.services import read_services

_TABLE: Final = """
Compute Engine | Compute | Virtual Machines
VMware Engine | Compute | Virtual Machines
Kubernetes Engine | Compute | Containers
Artifact Registry | Compute | Containers
Container Registry | Compute | Containers
Anthos | Compute | Containers
Anthos Config Management | Compute | Containers
Cloud Run | Compute | Serverless Compute
Cloud Run Functions | Compute | Serverless Compute
Cloud Functions | Compute | Serverless Compute
App Engine | Compute | Serverless Compute
Batch | Compute |
Cloud Workstations | Developer Tools | Development Environments
Cloud Storage | Storage | Object Storage
Cloud Filestore | Storage | File Storage
NetApp Volumes | Storage | File Storage
Backup and DR Service | Storage | Backup Storage
Backup for GKE | Storage | Backup Storage
Transfer Service | Migration | Data Migration
Transfer Appliance | Migration | Data Migration
BigQuery Data Transfer Service | Migration | Data Migration
Database Migration | Migration | Data Migration
Cloud SQL | Databases | Relational Databases
Cloud Spanner | Databases | Relational Databases
AlloyDB | Databases | Relational Databases
Cloud Bigtable | Databases | NoSQL Databases
Cloud Firestore | Databases | NoSQL Databases
Cloud Datastore | Databases | NoSQL Databases
Firebase Realtime Database | Databases | NoSQL Databases
Cloud Memorystore for Redis | Databases | Caching
Cloud Memorystore for Memcached | Databases | Caching
BigQuery | Databases | Data Warehouses
BigQuery Reservation API | Databases | Data Warehouses
BigQuery Storage API | Databases | Data Warehouses
BigQuery BI Engine | Analytics | Business Intelligence
Looker Data Platform SaaS | Analytics | Business Intelligence
Looker Studio | Analytics | Business Intelligence
Cloud Dataflow | Analytics | Data Processing
Cloud Dataproc | Analytics | Data Processing
Cloud Data Fusion | Analytics | Data Processing
Cloud Composer | Analytics | Data Processing
Dataplex | Analytics | Analytics Platforms
Data Catalog | Management and Governance | Data Governance
Datastream | Analytics | Streaming Analytics
Cloud Pub/Sub | Integration | Messaging
Pub/Sub Lite | Integration | Messaging
Cloud Tasks | Integration | Messaging
Eventarc | Integration | Messaging
Workflows | Integration | Workflow Orchestration
Cloud Scheduler | Integration | Workflow Orchestration
API Gateway | Integration | API Management
Apigee | Integration | API Management
Directions API | Integration |
Geocoding API | Integration |
Maps API | Integration |
Places API | Integration |
Networking | Networking | Network Infrastructure
Cloud DNS | Networking | Application Networking
Cloud CDN | Networking | Content Delivery
Network Intelligence Center | Networking | Network Infrastructure
Vertex AI | AI and Machine Learning | AI Platforms
Cloud Machine Learning Engine | AI and Machine Learning | Machine Learning
Cloud AutoML | AI and Machine Learning | Machine Learning
Cloud TPU | AI and Machine Learning | Machine Learning
Notebooks | AI and Machine Learning | Machine Learning
Recommendations AI | AI and Machine Learning | Machine Learning
Gemini API | AI and Machine Learning | Generative AI
Generative Language API | AI and Machine Learning | Generative AI
Gemini for Google Cloud | AI and Machine Learning | Generative AI
Cloud Dialogflow API | AI and Machine Learning | Bots
Cloud Natural Language | AI and Machine Learning | Natural Language Processing
Cloud Speech API | AI and Machine Learning | Natural Language Processing
Cloud Text-to-Speech API | AI and Machine Learning | Natural Language Processing
Translate | AI and Machine Learning | Natural Language Processing
Cloud Document AI API | AI and Machine Learning |
Cloud Vision API | AI and Machine Learning |
Cloud Video Intelligence API | AI and Machine Learning |
Cloud Logging | Management and Governance | Observability
Cloud Monitoring | Management and Governance | Observability
Stackdriver | Management and Governance | Observability
Stackdriver Monitoring | Management and Governance | Observability
Support | Management and Governance | Support
Cloud Key Management Service (KMS) | Security | Secret Management
Secret Manager | Security | Secret Management
Security Command Center | Security | Security Posture Management
Container Registry Vulnerability Scanning | Security | Security Posture Management
Cloud IDS | Security | Threat Detection and Response
Cloud Armor | Security | Threat Detection and Response
reCAPTCHA Enterprise | Security | Threat Detection and Response
Cloud Data Loss Prevention | Security |
Certificate Authority Service | Security |
Binary Authorization | Security |
Identity Platform | Identity | Identity and Access Management
Firebase Auth | Identity | Identity and Access Management
Cloud Build | Developer Tools | Continuous Integration and Deployment
Cloud Deploy | Developer Tools | Continuous Integration and Deployment
Source Repository | Developer Tools | Source Code Management
Firebase | Mobile |
Firebase Hosting | Web | Application Platforms
Firebase Test Lab | Developer Tools | Quality Assurance
Cloud IoT Core | Internet of Things | IoT Platforms
Transcoder API | Media | Media Streaming
Live Stream API | Media | Media Streaming
Cloud Domains | Web |
"""

SERVICES: Final = read_services(_TABLE)
"""By the description that the export gives them."""
