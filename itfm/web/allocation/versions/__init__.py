"""The published versions of the rules: compared, exported, brought in and restored."""
