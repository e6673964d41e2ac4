"""Datadog's products as services and FOCUS categories, by patterns of their names. Pure.

Sources: the product names of `charges` that https://docs.datadoghq.com/api/latest/usage-metering/ tells by example,
such as `infra_host` and `logs_indexed_15day`, and FOCUS 1.4, ServiceCategory and ServiceSubcategory. There is no
public list of all names, and they come and go with price lists: so patterns, the first of which counts, and
Observability for the rest.
"""

from __future__ import annotations

from typing import Final

from ingestion.saas.patterns import read_patterns

_TABLE: Final = """
llm | LLM Observability | Management and Governance | Observability
siem|security_monitoring | Cloud SIEM | Security | Threat Detection and Response
cspm|csm|cws|cloud_security|sensitive_data | Cloud Security | Security | Security Posture Management
appsec|asm_|application_security|application_vulnerability|iast | App and API Protection | Security | \
Threat Detection and Response
code_security|code_analysis|sca_ | Code Security | Developer Tools | Quality Assurance
^ci_|test_optimization|test_visibility|test_impact | CI Visibility | Developer Tools | \
Continuous Integration and Deployment
cloud_cost | Cloud Cost Management | Management and Governance | Cost Management
synthetics|browser_test|api_test | Synthetic Monitoring | Management and Governance | Observability
rum|session_replay|product_analytics | Digital Experience | Management and Governance | Observability
serverless|lambda|azure_functions | Serverless Monitoring | Management and Governance | Observability
profil | Continuous Profiler | Management and Governance | Observability
dbm|database | Database Monitoring | Management and Governance | Observability
ndm|npm|netflow|network | Network Monitoring | Management and Governance | Observability
apm|span|trace | APM | Management and Governance | Observability
logs|^log_ | Log Management | Management and Governance | Observability
timeseries|metric | Custom Metrics | Management and Governance | Observability
incident|on_call | Incident Response | Management and Governance | Observability
workflow|app_builder | Workflow Automation | Integration | Workflow Orchestration
infra|host|container|fargate | Infrastructure Monitoring | Management and Governance | Observability
"""
PATTERNS: Final = read_patterns(_TABLE, category="Management and Governance", subcategory="Observability")
