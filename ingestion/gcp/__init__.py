"""What Google Cloud's billing export says, in FOCUS. Pure."""
