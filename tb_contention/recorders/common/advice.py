"""What to do about a file that cannot be read, worded once for all readers."""

COPY_AGAIN = "Copy the file again from where it was recorded, or record a new trace."
RECORD_AGAIN = "Record the trace again."
SHORTER_WINDOW = "Record a shorter window."
GRANT_READING = "Give this user permission to read the file."
GRANT_LISTING = "Give this user permission to list and read the directory."
REMOVE = "Remove it from the log directory."
