"""The design system: every shared part of the pages, with sample data in every state."""
