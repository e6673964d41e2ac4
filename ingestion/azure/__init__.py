"""What Azure calls things, and what its Cost Management exports say. Pure."""
