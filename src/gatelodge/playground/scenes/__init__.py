"""What several flows have in common: steps, acts and breaks, to be put together in a script."""
