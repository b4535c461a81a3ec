"""The database contract: transactions that await only the database, and the engines that run them."""
