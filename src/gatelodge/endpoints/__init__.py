"""Where the protocol meets HTTP: one file an endpoint."""
