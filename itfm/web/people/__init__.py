"""Members, invitations, and the choice of an organization."""
