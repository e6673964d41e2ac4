"""What technology will cost."""
