"""What programs are told over HTTP, with an API key or a session: one module per resource in `resources`."""
