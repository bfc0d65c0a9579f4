from config.passwords import hash_password, password_matches
from db.tokens import hash_token, new_token

__all__ = ["hash_password", "hash_token", "new_token", "password_matches"]
