"""Signing in with another provider: the pages on which a person says whose account it is, or learns what went wrong."""
