"""What the product keeps: SQL written once, for SQLite and PostgreSQL."""
