"""SQLite exports of Nsight Systems -> Trace per process. NSIGHT.md describes what is read and what the format lacks."""
