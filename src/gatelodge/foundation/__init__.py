"""What rooms are opened over: configuration, database, keys, and whatever else is open while a server runs."""
