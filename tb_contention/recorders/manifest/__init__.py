"""`tb_contention.json` beside the traces -> what it states about each session. MANIFEST.md describes the format."""
