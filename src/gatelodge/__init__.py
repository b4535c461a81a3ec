"""OAuth 2.1 and OpenID Connect for Python."""
