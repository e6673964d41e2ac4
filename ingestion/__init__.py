"""From bills as providers deliver them to exact charges in FOCUS 1.4."""
