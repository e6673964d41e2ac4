"""The one question about costs that pages, programs and exports share, and its answer from the mart."""
