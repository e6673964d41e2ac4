"""What AWS calls things, and what they are. Pure."""
