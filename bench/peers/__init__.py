"""Servers of other people, set up to be measured beside ours."""
