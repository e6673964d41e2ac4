"""Local mail: the letters that a site which is only tried out has kept instead of sending them."""
