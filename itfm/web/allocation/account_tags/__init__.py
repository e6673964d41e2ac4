"""Tags that rules give to accounts, and that their charges inherit."""
