"""What a client sends and reads: pure functions, one file a message."""
