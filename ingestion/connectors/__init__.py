"""One file per kind of bill source; the file name is the stored key."""
