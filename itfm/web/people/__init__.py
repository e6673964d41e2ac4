"""An invitation that was opened, and the choice of an organization."""
