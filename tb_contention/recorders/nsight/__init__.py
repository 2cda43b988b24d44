"""Reads what `nsys export --type sqlite` writes into the same columns as XSpace files; NSIGHT.md says what is read."""
