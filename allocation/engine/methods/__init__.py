"""One file per split method; the file name is the stored key."""
