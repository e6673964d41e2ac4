"""Settings: the organization, its members, its keys, its audit log, and one's own account."""
