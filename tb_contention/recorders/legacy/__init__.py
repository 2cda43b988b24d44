"""Profiles of TensorFlow before 2.3 -> Trace: `.trace.json.gz` of 2.2 and `.trace` of 1.15 to 2.1."""
