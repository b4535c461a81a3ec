"""The verbs: every change an administrator or a person can make, with its audit event."""
