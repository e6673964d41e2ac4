"""What providers recommend to save cost."""
