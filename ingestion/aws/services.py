"""AWS product codes as FOCUS services. Pure.

Sources: the product codes of the AWS Price List and of published reports, the service names of AWS's own pages, and
the service categories of FOCUS 1.4, ServiceCategory and ServiceSubcategory. A code that is not here still imports,
under the name the report gives it.
"""

from __future__ import annotations

from typing import Final

from ingestion.focus.services import read_services

_TABLE: Final = """
AmazonEC2 | Amazon Elastic Compute Cloud | Compute | Virtual Machines
AmazonECS | Amazon Elastic Container Service | Compute | Containers
AmazonEKS | Amazon Elastic Kubernetes Service | Compute | Containers
AmazonECR | Amazon Elastic Container Registry | Compute | Containers
AmazonECRPublic | Amazon Elastic Container Registry Public | Compute | Containers
AWSLambda | AWS Lambda | Compute | Serverless Compute
AmazonLightsail | Amazon Lightsail | Compute | Virtual Machines
AWSElasticBeanstalk | AWS Elastic Beanstalk | Developer Tools | Developer Platforms
AWSAppRunner | AWS App Runner | Compute | Containers
ComputeSavingsPlans | AWS Compute Savings Plans | Compute | Virtual Machines
DatabaseSavingsPlans | AWS Database Savings Plans | Databases |
AmazonWorkSpaces | Amazon WorkSpaces | Compute | End User Computing
AmazonAppStream | Amazon AppStream 2.0 | Compute | End User Computing
AWSOutposts | AWS Outposts | Compute |
AmazonS3 | Amazon Simple Storage Service | Storage | Object Storage
AmazonGlacier | Amazon S3 Glacier | Storage | Object Storage
AmazonS3GlacierDeepArchive | Amazon S3 Glacier Deep Archive | Storage | Object Storage
AmazonEFS | Amazon Elastic File System | Storage | File Storage
AmazonFSx | Amazon FSx | Storage | File Storage
AWSStorageGateway | AWS Storage Gateway | Storage | Storage Platforms
AWSBackup | AWS Backup | Storage | Backup Storage
AmazonRDS | Amazon Relational Database Service | Databases | Relational Databases
AmazonDynamoDB | Amazon DynamoDB | Databases | NoSQL Databases
AmazonElastiCache | Amazon ElastiCache | Databases | Caching
AmazonMemoryDB | Amazon MemoryDB | Databases | Caching
AmazonDAX | Amazon DynamoDB Accelerator | Databases | Caching
AmazonDocDB | Amazon DocumentDB | Databases | NoSQL Databases
AmazonNeptune | Amazon Neptune | Databases | NoSQL Databases
AmazonTimestream | Amazon Timestream | Databases | Time Series Databases
AmazonMCS | Amazon Keyspaces | Databases | NoSQL Databases
AmazonQLDB | Amazon Quantum Ledger Database | Databases | Ledger Databases
AmazonRedshift | Amazon Redshift | Databases | Data Warehouses
AWSDatabaseMigrationSvc | AWS Database Migration Service | Migration | Data Migration
AWSDataSync | AWS DataSync | Migration | Data Migration
AWSTransfer | AWS Transfer Family | Migration | Data Migration
AWSMigrationHubRefactorSpaces | AWS Migration Hub Refactor Spaces | Migration | Resource Migration
AmazonAthena | Amazon Athena | Analytics | Analytics Platforms
ElasticMapReduce | Amazon EMR | Analytics | Data Processing
AWSGlue | AWS Glue | Analytics | Data Processing
AmazonKinesis | Amazon Kinesis Data Streams | Analytics | Streaming Analytics
AmazonKinesisFirehose | Amazon Data Firehose | Analytics | Streaming Analytics
AmazonKinesisAnalytics | Amazon Managed Service for Apache Flink | Analytics | Streaming Analytics
AmazonMSK | Amazon Managed Streaming for Apache Kafka | Analytics | Streaming Analytics
AmazonES | Amazon OpenSearch Service | Analytics | Search
AmazonQuickSight | Amazon QuickSight | Analytics | Business Intelligence
AWSLakeFormation | AWS Lake Formation | Analytics | Data Processing
AmazonBedrock | Amazon Bedrock | AI and Machine Learning | Generative AI
AmazonBedrockService | Amazon Bedrock Service | AI and Machine Learning | Generative AI
AmazonBedrockFoundationModels | Amazon Bedrock Foundation Models | AI and Machine Learning | Generative AI
AmazonBedrockAgentCore | Amazon Bedrock AgentCore | AI and Machine Learning | Generative AI
AmazonSageMaker | Amazon SageMaker | AI and Machine Learning | Machine Learning
MachineLearningSavingsPlans | AWS Machine Learning Savings Plans | AI and Machine Learning | Machine Learning
comprehend | Amazon Comprehend | AI and Machine Learning | Natural Language Processing
comprehendmedical | Amazon Comprehend Medical | AI and Machine Learning | Natural Language Processing
AmazonForecast | Amazon Forecast | AI and Machine Learning | Machine Learning
AmazonKendra | Amazon Kendra | AI and Machine Learning |
AmazonPersonalize | Amazon Personalize | AI and Machine Learning | Machine Learning
translate | Amazon Translate | AI and Machine Learning | Natural Language Processing
transcribe | Amazon Transcribe | AI and Machine Learning |
AmazonPolly | Amazon Polly | AI and Machine Learning |
AmazonRekognition | Amazon Rekognition | AI and Machine Learning |
AmazonTextract | Amazon Textract | AI and Machine Learning |
AmazonLex | Amazon Lex | AI and Machine Learning | Bots
AmazonQ | Amazon Q | AI and Machine Learning | Generative AI
AmazonVPC | Amazon Virtual Private Cloud | Networking | Network Infrastructure
AWSDataTransfer | AWS Data Transfer | Networking | Network Connectivity
AmazonCloudFront | Amazon CloudFront | Networking | Content Delivery
AmazonRoute53 | Amazon Route 53 | Networking | Application Networking
AWSELB | Elastic Load Balancing | Networking | Application Networking
AmazonApiGateway | Amazon API Gateway | Integration | API Management
AWSDirectConnect | AWS Direct Connect | Networking | Network Connectivity
AWSGlobalAccelerator | AWS Global Accelerator | Networking | Network Routing
AWSNetworkFirewall | AWS Network Firewall | Networking | Network Security
AWSCloudMap | AWS Cloud Map | Networking | Application Networking
AWSAppSync | AWS AppSync | Integration | API Management
AWSQueueService | Amazon Simple Queue Service | Integration | Messaging
AmazonSNS | Amazon Simple Notification Service | Integration | Messaging
AmazonMQ | Amazon MQ | Integration | Messaging
AWSEvents | Amazon EventBridge | Integration | Messaging
AmazonStates | AWS Step Functions | Integration | Workflow Orchestration
AmazonMWAA | Amazon Managed Workflows for Apache Airflow | Integration | Workflow Orchestration
AmazonSES | Amazon Simple Email Service | Business Applications |
AmazonPinpoint | Amazon Pinpoint | Business Applications |
AmazonConnect | Amazon Connect | Business Applications |
AmazonWorkDocs | Amazon WorkDocs | Business Applications | Productivity and Collaboration
AmazonCloudWatch | Amazon CloudWatch | Management and Governance | Observability
AWSCloudTrail | AWS CloudTrail | Management and Governance | Compliance
AWSConfig | AWS Config | Management and Governance | Compliance
AWSSystemsManager | AWS Systems Manager | Management and Governance |
AWSCloudFormation | AWS CloudFormation | Management and Governance |
AWSServiceCatalog | AWS Service Catalog | Management and Governance |
AWSXRay | AWS X-Ray | Management and Governance | Observability
AmazonManagedGrafana | Amazon Managed Grafana | Management and Governance | Observability
AmazonPrometheus | Amazon Managed Service for Prometheus | Management and Governance | Observability
AWSCostExplorer | AWS Cost Explorer | Management and Governance | Cost Management
AWSBudgets | AWS Budgets | Management and Governance | Cost Management
AWSSupportBasic | AWS Support (Basic) | Management and Governance | Support
AWSSupportDeveloper | AWS Support (Developer) | Management and Governance | Support
AWSSupportBusiness | AWS Support (Business) | Management and Governance | Support
AWSSupportEnterprise | AWS Support (Enterprise) | Management and Governance | Support
OCBPremiumSupport | AWS Premium Support | Management and Governance | Support
awskms | AWS Key Management Service | Security | Secret Management
AWSSecretsManager | AWS Secrets Manager | Security | Secret Management
AmazonGuardDuty | Amazon GuardDuty | Security | Threat Detection and Response
AmazonInspectorV2 | Amazon Inspector | Security | Security Posture Management
AmazonMacie | Amazon Macie | Security | Security Posture Management
AWSSecurityHub | AWS Security Hub | Security | Security Posture Management
AmazonDetective | Amazon Detective | Security | Threat Detection and Response
awswaf | AWS WAF | Security |
AWSShield | AWS Shield | Security |
AWSFMS | AWS Firewall Manager | Security |
AWSCertificateManager | AWS Certificate Manager | Security |
AmazonCognito | Amazon Cognito | Identity | Identity and Access Management
AWSDirectoryService | AWS Directory Service | Identity | Identity and Access Management
CodeBuild | AWS CodeBuild | Developer Tools | Development Environments
AWSCodeCommit | AWS CodeCommit | Developer Tools | Source Code Management
AWSCodePipeline | AWS CodePipeline | Developer Tools | Continuous Integration and Deployment
AWSCodeArtifact | AWS CodeArtifact | Developer Tools | Continuous Integration and Deployment
AWSCodeDeploy | AWS CodeDeploy | Developer Tools | Continuous Integration and Deployment
AWSCloudShell | AWS CloudShell | Developer Tools | Development Environments
AWSAmplify | AWS Amplify | Web | Application Platforms
AWSIoT | AWS IoT Core | Internet of Things | IoT Platforms
AWSGreengrass | AWS IoT Greengrass | Internet of Things | IoT Platforms
IngestionServiceSnowball | AWS Snowball | Migration | Data Migration
AWSElementalMediaConvert | AWS Elemental MediaConvert | Media | Media Streaming
AWSElementalMediaLive | AWS Elemental MediaLive | Media | Media Streaming
AmazonIVS | Amazon Interactive Video Service | Media | Media Streaming
AmazonRegistrar | Amazon Registrar | Web |
"""

SERVICES: Final = read_services(_TABLE)
"""By product code."""
