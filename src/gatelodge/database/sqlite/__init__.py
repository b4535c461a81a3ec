"""SQLite: one file, one writer, everything durable."""
