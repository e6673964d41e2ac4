"""What the made-up company buys of Azure, and where. Pure.

`code` is the resource provider, `service` the meter's category, `operation` its sub-category, `usage_type` its name and
`family` the service family. Prices are whole thousandths of their last digit, so that discounts and rates are exact.
"""

from __future__ import annotations

from typing import Final

from itfm.demo.catalog import Meter

_PLACE: Final = "/subscriptions/{account}/resourceGroups/rg-{name}/providers/"

METERS: Final = (
    Meter("Microsoft.Compute", "Virtual Machines", "Compute", "D4s v5", "Dsv5 Series", "1 Hour", 230_000, 6, 22,
          _PLACE + "Microsoft.Compute/virtualMachines/vm-"),
    Meter("Microsoft.Compute", "Virtual Machines", "Compute", "E8s v5", "Esv5 Series", "1 Hour", 608_000, 6, 16,
          _PLACE + "Microsoft.Compute/virtualMachines/vm-", "plan"),
    Meter("Microsoft.Sql", "SQL Database", "Databases", "vCore", "Single General Purpose", "1 Hour", 504_000, 6, 14,
          _PLACE + "Microsoft.Sql/servers/sql-demo/databases/db-", "reservation"),
    Meter("Microsoft.Storage", "Storage", "Storage", "Hot LRS Data Stored", "Tiered Block Blob", "1 GB/Month", 21_000,
          6, 10, _PLACE + "Microsoft.Storage/storageAccounts/st"),
    Meter("Microsoft.Storage", "Storage", "Storage", "Hot LRS Write Operations", "Tiered Block Blob", "10K", 54_000, 6,
          4, _PLACE + "Microsoft.Storage/storageAccounts/st"),
    Meter("Microsoft.ContainerService", "Azure Kubernetes Service", "Containers", "Uptime SLA", "Standard", "1 Hour",
          100_000, 6, 5, _PLACE + "Microsoft.ContainerService/managedClusters/aks-"),
    Meter("Microsoft.Cdn", "Azure Front Door Service", "Networking", "Standard Data Transfer Out",
          "Standard", "1 GB", 83_000, 6, 6, _PLACE + "Microsoft.Cdn/profiles/afd-"),
    Meter("microsoft.operationalinsights", "Log Analytics", "Management and Governance", "Analytics Logs Ingestion",
          "", "1 GB", 2_760_000, 6, 6, _PLACE + "Microsoft.OperationalInsights/workspaces/log-"),
    Meter("Microsoft.CognitiveServices", "Cognitive Services", "AI + Machine Learning", "gpt 4o Inp regnl Tokens",
          "Azure OpenAI", "1K", 2_750_000, 9, 7, _PLACE + "Microsoft.CognitiveServices/accounts/ai-", months_old=6),
)  # fmt: skip

REGIONS: Final = {"westeurope": "West Europe", "northeurope": "North Europe", "germanywestcentral": "Germany WC"}
"""Regions to what meters call them."""
