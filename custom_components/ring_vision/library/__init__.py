"""Everything that is kept: the rows and the files, blocking and without Home Assistant."""
