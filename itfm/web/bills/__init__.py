"""Bills: where they come from, what has arrived, and what is wrong with it."""
