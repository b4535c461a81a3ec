"""Becoming a person here and coming back: the pages that have letters sent, and those that their links lead to."""
