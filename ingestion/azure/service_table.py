"""Azure's services: name, category, subcategory, and below each the resource types and meters of it. Pure.

Source: Microsoft's open data on FinOps (github.com/microsoft/finops-toolkit, src/open-data, Services.csv, May 2026);
subcategories that FOCUS 1.4, ServiceSubcategory, does not know are under the name it has for them. What has no slash is
a value of ConsumedService; with a plus sign the type belongs to the service only where ConsumedService is what stands
before it.
"""

from __future__ import annotations

from typing import Final

TABLE: Final = """
Azure AI Bot Service | AI and Machine Learning | Bots
  microsoft.botservice/botservices
Azure AI Services | AI and Machine Learning | AI Platforms
  microsoft.cognitiveservices/accounts, microsoft.cognitiveservices/commitmentplans
Azure AI Video Indexer | AI and Machine Learning | AI Platforms
  microsoft.videoindexer/accounts
Azure Machine Learning | AI and Machine Learning | Machine Learning
  microsoft.machinelearningservices/workspaces, microsoft.machinelearning/commitmentplans,
  microsoft.machinelearning/workspaces, microsoft.machinelearningservices/registries
Health Bot | AI and Machine Learning | Bots
  microsoft.healthbot/healthbots
Intelligent Recommendations | AI and Machine Learning | AI Platforms
  microsoft.recommendationsservice/accounts
Microsoft Autonomous Systems | AI and Machine Learning | AI Platforms
  microsoft.autonomousdevelopmentplatform/workspaces
Microsoft Syntex | AI and Machine Learning | AI Platforms
  microsoft.syntex/accounts, microsoft.syntex/documentprocessors
Azure AI Search | Analytics | Search
  microsoft.search/searchservices, microsoft.search/searchservices/sharedprivatelinkresources
Azure Analysis Services | Analytics | Data Processing
  microsoft.analysisservices/servers
Azure Data Explorer | Analytics | Analytics Platforms
  microsoft.kusto/clusters
Azure Data Lake Analytics | Analytics | Data Processing
  microsoft.datalakeanalytics/accounts
Azure Data Manager for Energy | Analytics | Analytics Platforms
  microsoft.openenergyplatform/energyservices
Azure Databricks | Analytics | Data Processing
  microsoft.databricks/workspaces
Azure Health Data Services | Analytics | Analytics Platforms
  microsoft.healthcareapis/workspaces, microsoft.healthcareapis/services,
  microsoft.healthdataaiservices/deidservices
Azure Managed Grafana | Analytics | Business Intelligence
  microsoft.dashboard/grafana
Azure Modeling and Simulation Workbench | Analytics | Analytics Platforms
  microsoft.modsimworkbench/workbenches
Azure Stream Analytics | Analytics | Streaming Analytics
  microsoft.streamanalytics/clusters, microsoft.streamanalytics/streamingjobs
Azure Synapse Analytics | Analytics | Analytics Platforms
  microsoft.synapse/workspaces, microsoft.synapse/workspaces/bigdatapools,
  microsoft.synapse/workspaces/kustopools, microsoft.synapse/workspaces/sqlpools
Data Catalog | Analytics | Data Processing
  microsoft.datacatalog/catalogs
HDInsight | Analytics | Data Processing
  microsoft.hdinsight/clusterpools, microsoft.hdinsight/clusters, microsoft.hdinsightfairfax/clusters
Microsoft Bing | Analytics | Search
  microsoft.bing/accounts
Microsoft Genomics | Analytics | Data Processing
  microsoft.genomics/accounts
Microsoft Premonition | Analytics | Analytics Platforms
  microsoft.premonition/libraries
Microsoft.Fabric | Analytics | Analytics Platforms
  microsoft.fabric/capacities
Power BI Embedded | Analytics | Business Intelligence
  microsoft.powerbidedicated/autoscalevcores, microsoft.powerbidedicated/capacities
Community Training | Business Applications | Other (Business Applications)
  microsoft.community/communitytrainings
Microsoft Edge Enterprise | Business Applications | Productivity and Collaboration
  microsoft.edge/contexts
Microsoft Teams | Business Applications | Productivity and Collaboration
  microsoft.teams/telephonyservices
Power Platforms | Business Applications | Productivity and Collaboration
  microsoft.powerplatform/accounts
Azure Compute Fleet | Compute | Virtual Machines
  microsoft.azurefleet/fleets
Azure Container Apps | Compute | Containers
  microsoft.app/containerapps, microsoft.app/jobs, microsoft.app/managedenvironments, microsoft.app/sessionpools
Azure Container Instances | Compute | Containers
  microsoft.containerinstance/containergroups
Azure Container Registry | Compute | Containers
  containerregistry+microsoft.security/pricings, microsoft.containerregistry/registries
Azure Container Service | Compute | Containers
  microsoft.containerservice/containerservices
Azure Dedicated Host | Compute | Virtual Machines
  microsoft.compute/hostgroups
Azure Kubernetes Service | Compute | Containers
  kubernetesservice+microsoft.security/pricings, microsoft.containerservice/managedclusters,
  microsoft.kubernetesconfiguration
Azure Lab Services | Compute | End User Computing
  microsoft.labservices/labaccounts, microsoft.labservices/labs
Azure Operator Nexus | Compute | Virtual Machines
  microsoft.networkcloud/baremetalmachines
Azure Quantum | Compute | Quantum Compute
  microsoft.quantum/workspaces
Azure Savings Plan for Compute | Compute | Other (Compute)
  microsoft.billingbenefits/savingsplanorders, microsoft.billingbenefits/savingsplanorders/savingsplans
Azure VMWare Solution | Compute | Virtual Machines
  microsoft.nutanix/nodes
Azure VMware Solution | Compute | Virtual Machines
  microsoft.avs/privateclouds
Azure Virtual Desktop | Compute | End User Computing
  microsoft.desktopvirtualization/hostpools
BareMetal Infrastructure | Compute | Virtual Machines
  microsoft.baremetalinfrastructure/baremetalstorageinstances
Batch | Compute | Serverless Compute
  microsoft.batch/batchaccounts, microsoft.batch/batchaccounts/pools
Citrix Virtual App Essentials | Compute | End User Computing
  citrix.services/xenappessentials
Citrix Virtual Desktop Essentials | Compute | End User Computing
  citrix.services/xendesktopessentials
Cloud Services | Compute | Serverless Compute
  microsoft.compute/cloudservices
Functions | Compute | Serverless Compute
  functions+microsoft.web/sites, microsoft.durabletask/schedulers
SAP on Azure | Compute | Virtual Machines
  microsoft.hanaonazure/hanainstances
Virtual Machine Scale Sets | Compute | Virtual Machines
  microsoft.compute/virtualmachinescalesets, microsoft.compute/virtualmachinescalesets/virtualmachines,
  microsoft.compute/virtualmachinescalesets/virtualmachines/networkinterfaces/ipconfigurations/publicipaddresses
Virtual Machines | Compute | Virtual Machines
  microsoft.classiccompute/domainnames, microsoft.classiccompute/virtualmachines,
  microsoft.compute/capacityreservationgroups, microsoft.compute/capacityreservationgroups/capacityreservations,
  microsoft.compute/disks, microsoft.compute/galleries, microsoft.compute/galleries/images/versions,
  microsoft.compute/images, microsoft.compute/restorepointcollections, microsoft.compute/sharedvmimages,
  microsoft.compute/snapshots, microsoft.compute/virtualmachines,
  microsoft.maintenance/maintenanceconfigurations, virtualmachines+microsoft.security/pricings
Azure Cache for Redis | Databases | Caching
  microsoft.cache/redis, microsoft.cache/redisenterprise
Azure Confidential Ledger | Databases | Ledger Databases
  microsoft.confidentialledger/ledgers, microsoft.confidentialledger/managedccfs
Azure DB for MariaDB | Databases | Relational Databases
  microsoft.dbformariadb/servers
Azure DB for MySQL | Databases | Relational Databases
  microsoft.dbformysql/flexibleservers, microsoft.dbformysql/servers
Azure DB for PostgreSQL | Databases | Relational Databases
  microsoft.dbforpostgresql/flexibleservers, microsoft.dbforpostgresql/servergroupsv2,
  microsoft.dbforpostgresql/servers
Azure SQL Database | Databases | Relational Databases
  microsoft.sql/locations, microsoft.sql/instancepools, microsoft.sql/longtermretentionmanagedinstances,
  microsoft.sql/longtermretentionservers, microsoft.sql/longtermretentionservers/longtermretentiondatabases,
  microsoft.sql/managedinstances, microsoft.sql/servers, microsoft.sql/servers/databases,
  microsoft.sql/servers/elasticpools
Cosmos DB | Databases | NoSQL Databases
  microsoft.documentdb/cassandraclusters, microsoft.documentdb/databaseaccounts,
  microsoft.documentdb/mongocluster, microsoft.documentdb/mongoclusters
App Center | Developer Tools | Developer Platforms
  microsoft.appcenter/accounts
Azure DevOps | Developer Tools | Developer Platforms
  microsoft.visualstudio/organizations
Azure Load Testing | Developer Tools | Quality Assurance
  microsoft.loadtestservice/loadtests
GitHub Enterprise Cloud | Developer Tools | Developer Platforms
  github/enterpriseaccount, github.enterprise/accounts
Managed DevOps Pools | Developer Tools | Continuous Integration and Deployment
  microsoft.devopsinfrastructure/pools
Microsoft Dev Box | Developer Tools | Continuous Integration and Deployment
  microsoft.devcenter/projects
Playwright Testing | Developer Tools | Quality Assurance
  microsoft.azureplaywrightservice/accounts
Test Base for Microsoft 365 | Developer Tools | Quality Assurance
  microsoft.testbase/testbaseaccounts
Trusted Signing | Developer Tools | Continuous Integration and Deployment
  microsoft.codesigning/codesigningaccounts
Microsoft Entra Domain Services | Identity | Identity and Access Management
  microsoft.aad/domainservices
Microsoft Entra External Identities | Identity | Identity and Access Management
  microsoft.azureactivedirectory/b2cdirectories, microsoft.azureactivedirectory/ciamdirectories,
  microsoft.azureactivedirectory/guestusages
Microsoft Entra ID | Identity | Identity and Access Management
  mfa/perauthentication, mfa/peruser
Microsoft Entra Verified ID | Identity | Identity and Access Management
  microsoft.verifiedid/authorities
API Center | Integration | API Management
  microsoft.apicenter/service, api center, microsoft.apicenter/services
API Management | Integration | API Management
  microsoft.apimanagement/gateways, api management, microsoft.apimanagement/service
Azure Automation | Integration | Workflow Orchestration
  microsoft.automation/automationaccounts
Azure Communication Services | Integration | Messaging
  microsoft.communication/communicationservices
Azure Communitcations Gateway | Integration | Messaging
  microsoft.voiceservices/communicationsgateways
Azure Data Factory | Integration | Workflow Orchestration
  microsoft.datafactory/datafactories, microsoft.datafactory/factories,
  microsoft.datafactory/factories/pipelines, microsoft.datafactory/factories/triggers
Azure Relay | Integration | Messaging
  microsoft.relay/namespaces
Event Grid | Integration | Messaging
  microsoft.eventgrid/domains, microsoft.eventgrid/extensiontopics, microsoft.eventgrid/namespaces,
  microsoft.eventgrid/partnertopics, microsoft.eventgrid/systemtopics, microsoft.eventgrid/topics
Event Hubs | Integration | Messaging
  microsoft.eventhub/namespaces, microsoft.eventhub/clusters
Logic Apps | Integration | Workflow Orchestration
  microsoft.logic/integrationaccounts, microsoft.logic/integrationserviceenvironments, microsoft.logic/workflows
Microsoft Graph | Integration | API Management
  microsoft.graph/accounts, microsoft.graphservices/accounts
Microsoft Graph Data Connect | Integration | API Management
  microsoft.graph/azureadapplications
Notification Hubs | Integration | Messaging
  microsoft.notificationhubs/namespaces
Service Bus | Integration | Messaging
  microsoft.servicebus/namespaces
Azure Digital Twins | Internet of Things | IoT Analytics
  microsoft.digitaltwins/digitaltwinsinstances
Azure FarmBeats | Internet of Things | IoT Analytics
  microsoft.agfoodplatform/farmbeats
Azure IoT Central | Internet of Things | IoT Platforms
  microsoft.iotcentral/iotapps
Azure IoT Hub | Internet of Things | IoT Platforms
  microsoft.deviceregistry/billingcontainers, microsoft.devices/iothubs, microsoft.devices/provisioningservices,
  microsoft.deviceupdate/accounts
Azure IoT Operations | Internet of Things | IoT Platforms
  microsoft.iotoperations/instances
Azure Time Series Insights | Internet of Things | IoT Analytics
  microsoft.timeseriesinsights/environments
Microsoft Defender for IoT | Internet of Things | IoT Platforms
  microsoft.iotsecurity/defendersettings
Windows for IoT | Internet of Things | IoT Platforms
  microsoft.windowsiot/deviceservices
Azure Chaos Studio | Management and Governance | Disaster Recovery
  microsoft.chaos/experiments
Azure Monitor | Management and Governance | Observability
  microsoft.insights/actiongroups, microsoft.insights/components, microsoft.insights/datacollectionrules,
  microsoft.insights/metricalerts, microsoft.insights/pricings, microsoft.insights/scheduledqueryrules,
  microsoft.monitor/accounts, microsoft.networkanalytics/dataconnectors,
  microsoft.networkanalytics/dataproducts, microsoft.operationalinsights/azurefirewall,
  microsoft.operationalinsights/clusters, microsoft.operationalinsights/networksecuritygroups,
  microsoft.operationalinsights/p2svpngateways, microsoft.operationalinsights/virtualnetworkgateways,
  microsoft.operationalinsights/workspaces
Azure Reservations | Management and Governance | Cost Management
  microsoft.capacity/reservationorders, microsoft.capacity/reservationorders/reservations
Azure Site Recovery | Management and Governance | Disaster Recovery
  microsoft.datareplication.admin/clusters, microsoft.recoveryservices/vaults
Microsoft Defender for Endpoint | Management and Governance | Endpoint Management
  microsoft.security/mdeservers
Microsoft Purview | Management and Governance | Data Governance
  microsoft.purview/accounts
Azure Media Services | Media | Media Streaming
  microsoft.media/mediaservices, microsoft.media/videoanalyzers
Azure PlayFab | Media | Gaming
  playfabbillingservice/blobs, playfabbillingservice/catalogrequests, playfabbillingservice/compute,
  playfabbillingservice/egress, playfabbillingservice/events, playfabbillingservice/executiontimegbs,
  playfabbillingservice/filestorage, playfabbillingservice/flatfee, playfabbillingservice/insightscredits,
  playfabbillingservice/inventoryreadrequests, playfabbillingservice/inventorywriterequests,
  playfabbillingservice/itemstorage, playfabbillingservice/lobbyrequests,
  playfabbillingservice/matchmakingrequests, playfabbillingservice/messages,
  playfabbillingservice/partyconnectivity, playfabbillingservice/partyvoice, playfabbillingservice/playstream,
  playfabbillingservice/reads, playfabbillingservice/storage, playfabbillingservice/telemetry,
  playfabbillingservice/totalexecution, playfabbillingservice/writes
Object Anchors | Media | Mixed Reality
  microsoft.mixedreality/objectanchorsaccounts
Remote Rendering | Media | Mixed Reality
  microsoft.mixedreality/remoterenderingaccounts
Spatial Anchors | Media | Mixed Reality
  microsoft.mixedreality/spatialanchorsaccounts
Azure Data Box | Migration | Data Migration
  microsoft.databox/jobs, microsoft.databoxedge/databoxedgedevices
Azure Data Share | Migration | Data Migration
  microsoft.datashare/accounts
Azure Database Migration Service | Migration | Data Migration
  microsoft.datamigration/sqlmigrationservices
Azure File Sync | Migration | Data Migration
  microsoft.storagesync/storagesyncservices
Azure Import/Export | Migration | Data Migration
  microsoft.importexport/jobs
Azure Migrate | Migration | Resource Migration
  microsoft.migrate/movecollections
Azure Arc | Multicloud | Multicloud Integration
  microsoft.azurearcdata/postgresinstances, microsoft.azurearcdata/sqlmanagedinstances,
  microsoft.azurearcdata/sqlserveresulicenses, microsoft.azurearcdata/sqlserverinstances,
  microsoft.azurearcdata/sqlserverlicenses, microsoft.hybridcompute/licenses, microsoft.hybridcompute/machines,
  microsoft.kubernetes/connectedclusters, microsoft.hybridcontainerservice,
  microsoft.hybridnetwork/sitenetworkservices
Azure Stack Edge | Multicloud | Multicloud Integration
  microsoft.edgeorder/orderitems
Azure Stack HCI | Multicloud | Multicloud Integration
  microsoft.azurestackhci/clusters
Application Gateway | Networking | Application Networking
  microsoft.network/applicationgateways
Application Gateway for Containers | Networking | Application Networking
  microsoft.servicenetworking/trafficcontrollers
Azure Bastion | Networking | Network Security
  microsoft.network/bastionhosts, bastion scale units
Azure DDoS Protection | Networking | Network Security
  microsoft.network/ddosprotectionplans
Azure DNS | Networking | Network Routing
  microsoft.network/dnsforwardingrulesets, microsoft.network/dnsresolvers,
  microsoft.network/dnsresolvers/outboundendpoints, microsoft.network/dnszones
Azure ExpressRoute | Networking | Network Routing
  microsoft.network/expressroutecircuits, microsoft.network/expressroutegateways,
  microsoft.network/expressrouteports, microsoft.networkfunction/azuretrafficcollectors
Azure Firewall | Networking | Network Security
  microsoft.network/azurefirewalls
Azure Firewall Manager | Networking | Network Security
  microsoft.network/firewallpolicies
Azure Front Door | Networking | Content Delivery
  microsoft.network/frontdoors, microsoft.network/frontdoorwebapplicationfirewallpolicies
Azure Internet Analyzer | Networking | Network Connectivity
  microsoft.network/internetanalyzerprofiles
Azure NAT Gateway | Networking | Network Connectivity
  microsoft.network/natgateways
Azure Network Function Manager | Networking | Network Infrastructure
  microsoft.hybridnetwork/devices
Azure Orbital | Networking | Network Connectivity
  microsoft.orbital/groundstations, microsoft.orbital/spacecrafts, microsoft.orbital/terminals
Azure Peering Service | Networking | Network Connectivity
  microsoft.peering/peerings
Azure Private 5G Core | Networking | Network Connectivity
  microsoft.mobilenetwork/mobilenetworks, microsoft.mobilenetwork/packetcorecontrolplanes
Azure Private Link | Networking | Network Connectivity
  microsoft.network/privatednszones, microsoft.network/privateendpoints
Azure Virtual Network Manager | Networking | Network Infrastructure
  microsoft.network/networkmanagers
Content Delivery Network | Networking | Content Delivery
  microsoft.cdn/cdnwebapplicationfirewallpolicies, microsoft.cdn/profiles
Load Balancer | Networking | Application Networking
  microsoft.network/loadbalancers
NGINX Plus | Networking | Application Networking
  nginx.nginxplus/nginxdeployments
Network Watcher | Networking | Network Infrastructure
  microsoft.network/networkwatchers, microsoft.network/networkwatchers/connectionmonitors,
  microsoft.network/networkwatchers/flowlogs
Traffic Manager | Networking | Application Networking
  microsoft.network/trafficmanagerprofiles
VPN Gateway | Networking | Network Connectivity
  microsoft.network/p2svpngateways, microsoft.network/vpngateways
Virtual Network | Networking | Network Infrastructure
  microsoft.classicnetwork/ipv4vip, microsoft.classicnetwork/publicip,
  microsoft.classicnetwork/publicipaddresses, microsoft.network/connections,
  microsoft.network/networkinterfaces, microsoft.network/networksecuritygroups,
  microsoft.network/networkvirtualappliances, microsoft.network/publicipaddresses,
  microsoft.network/publicipprefixes, microsoft.network/virtualnetworkgateways,
  microsoft.network/virtualnetworkgateways/connections, microsoft.network/virtualnetworks
Virtual WAN | Networking | Network Connectivity
  microsoft.network/virtualhubs
Azure Managed Applications | Other | Other (Other)
  microsoft.solutions/applications
Azure Marketplace | Other | Other (Other)
  marketplace/account, microsoft.saas/resources, microsoft.saas/saasresources
Azure Dedicated HSM | Security | Secret Management
  microsoft.hardwaresecuritymodules/cloudhsmclusters, microsoft.hardwaresecuritymodules/dedicatedhsms
Dynamics 365 Fraud Protection | Security | Threat Detection and Response
  microsoft.dynamics365fraudprotection/instances
Key Vault | Security | Secret Management
  microsoft.keyvault/vaults, microsoft.keyvault/hsmpools, microsoft.keyvault/managedhsms
Microsoft Copilot for Security | Security | Security Posture Management
  microsoft.securitycopilot/capacities
Microsoft Defender for Cloud | Security | Security Posture Management
  microsoft.easm/workspaces, microsoft.security/pricings, microsoft.security/securityconnectors
Azure Backup | Storage | Backup Storage
  microsoft.dataprotection/backupvaults
Azure Data Lake Store | Storage | Object Storage
  microsoft.datalakestore/accounts
Azure Elastic SAN | Storage | Block Storage
  microsoft.elasticsan/elasticsans
Azure HPC Cache | Storage | Storage Platforms
  microsoft.storagecache/amlfilesystems, microsoft.storagecache/caches
Azure NetApp Files | Storage | File Storage
  microsoft.netapp/netappaccounts, microsoft.netapp/netappaccounts/capacitypools
Azure StorSimple | Storage | Storage Platforms
  microsoft.storsimple/managers
Storage Accounts | Storage | Storage Platforms
  microsoft.classicstorage/storageaccounts, microsoft.storage/storageaccounts,
  microsoft.storage/storageaccounts/blobservices, microsoft.storage/storageaccounts/fileservices,
  microsoft.storage/storageaccounts/queueservices, microsoft.storage/storageaccounts/tableservices
App Configuration | Web | Other (Web)
  microsoft.appconfiguration/configurationstores
Azure App Service | Web | Application Platforms
  appservices+microsoft.security/pricings, microsoft.web/sites, azure app service,
  microsoft.certificateregistration/certificateorders, microsoft.domainregistration/domains,
  microsoft.web/serverfarms, microsoft.web/connections, microsoft.web/containerapps,
  microsoft.web/hostingenvironments, microsoft.web/sites/slots, microsoft.web/staticsites,
  microsoft.web.admin/role
Azure Fluid Relay | Web | Other (Web)
  microsoft.fluidrelay/fluidrelayservers
Azure Maps | Web | Other (Web)
  microsoft.maps/accounts
Azure SignalR Service | Web | Other (Web)
  microsoft.signalrservice/signalr, microsoft.signalrservice/webpubsub
Azure Spring Apps | Web | Application Platforms
  microsoft.appplatform/spring
"""
