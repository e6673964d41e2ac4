"""What every app stands on: tenancy, events, policies, the lake, money and periods."""
