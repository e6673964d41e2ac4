"""What programs are told, over HTTP with an API key."""
