"""What several readers share: file names, remote files, gzip, and compiled functions on strings."""
