"""What the reports of Oracle Cloud Infrastructure (OCI) say. Pure."""
