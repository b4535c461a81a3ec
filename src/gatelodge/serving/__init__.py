"""Running the server: workers behind one socket, the guard at the socket, the management listener."""
