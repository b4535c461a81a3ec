"""Browsers: who is signed in, cookies, forgery protection."""
