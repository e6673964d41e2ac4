"""Local services that real clients talk to in tests."""
