"""What is known and what happened: records, the SQLite store, import and export, the sample course."""
