"""What foresight asks of the database."""
