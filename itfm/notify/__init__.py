"""Messages to people: mail and, later, chat and webhooks."""
