"""PostgreSQL: a few connections in pipeline mode, each stepping many transactions at once."""
