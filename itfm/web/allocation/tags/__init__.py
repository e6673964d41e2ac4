"""Tag keys: how bills write them, and which spellings count as one."""
