"""The configuration: every setting with its default, and how it is read, checked and shown."""
