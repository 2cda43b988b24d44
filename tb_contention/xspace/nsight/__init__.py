"""Reads what `nsys export --type sqlite` writes into the same columns as XSpace files; NSIGHT.md beside this folder says what is read."""
