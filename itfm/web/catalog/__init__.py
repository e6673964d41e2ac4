"""Services of bills: which have no category, what they are said to be, and reading bills again for it."""
