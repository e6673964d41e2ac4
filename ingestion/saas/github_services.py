"""GitHub's products as FOCUS categories. Pure.

Sources: the products that https://docs.github.com/en/billing/reference/billing-reports and the product pages name, and
FOCUS 1.4, ServiceCategory and ServiceSubcategory. Which spelling the API uses is not documented, so products are
compared as `product_key` writes them. One that is not here still imports, with the category Other.
"""

from __future__ import annotations

from typing import Final

from ingestion.focus.services import read_services

_TABLE: Final = """
actions | GitHub Actions | Developer Tools | Continuous Integration and Deployment
packages | GitHub Packages | Developer Tools | Developer Platforms
shared_storage | GitHub Shared Storage | Developer Tools | Developer Platforms
codespaces | GitHub Codespaces | Developer Tools | Development Environments
git_lfs | Git Large File Storage | Developer Tools | Source Code Management
lfs | Git Large File Storage | Developer Tools | Source Code Management
large_file_storage | Git Large File Storage | Developer Tools | Source Code Management
ghec | GitHub Enterprise | Developer Tools | Source Code Management
enterprise | GitHub Enterprise | Developer Tools | Source Code Management
github_enterprise | GitHub Enterprise | Developer Tools | Source Code Management
github_enterprise_cloud | GitHub Enterprise | Developer Tools | Source Code Management
team | GitHub Team | Developer Tools | Source Code Management
github_team | GitHub Team | Developer Tools | Source Code Management
copilot | GitHub Copilot | AI and Machine Learning | Generative AI
copilot_for_business | GitHub Copilot | AI and Machine Learning | Generative AI
github_copilot | GitHub Copilot | AI and Machine Learning | Generative AI
models | GitHub Models | AI and Machine Learning | Generative AI
github_models | GitHub Models | AI and Machine Learning | Generative AI
spark | GitHub Spark | AI and Machine Learning | Generative AI
github_spark | GitHub Spark | AI and Machine Learning | Generative AI
ghas | GitHub Advanced Security | Security |
advanced_security | GitHub Advanced Security | Security |
github_advanced_security | GitHub Advanced Security | Security |
code_security | GitHub Code Security | Security | Security Posture Management
ghas_code_security | GitHub Code Security | Security | Security Posture Management
github_code_security | GitHub Code Security | Security | Security Posture Management
secret_protection | GitHub Secret Protection | Security | Threat Detection and Response
ghas_secret_protection | GitHub Secret Protection | Security | Threat Detection and Response
github_secret_protection | GitHub Secret Protection | Security | Threat Detection and Response
"""

SERVICES: Final = read_services(_TABLE)
"""By `product_key` of what the API calls them."""


def product_key(product: str) -> str:
    """Return the expression of a product as the table of services has it."""
    return f"replace(lower({product}), ' ', '_')"
