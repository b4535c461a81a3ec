"""How messages travel: the sender, its deadlines, and what is fetched once and kept."""
