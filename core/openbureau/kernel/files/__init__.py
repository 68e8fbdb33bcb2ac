"""Files: content-addressed storage and attachments of records."""
