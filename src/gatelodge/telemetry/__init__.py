"""What the product reports of itself: events, logs, metrics."""
