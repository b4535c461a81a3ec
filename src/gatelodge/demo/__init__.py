"""The demo: people, applications and an API, fixed so that examples can be pasted."""
