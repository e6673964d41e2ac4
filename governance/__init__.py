"""What is abnormal, wasted or unowned."""
