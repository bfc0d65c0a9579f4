"""Secrets: how they are made, and the only forms in which they are kept."""

import hashlib
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_PASSWORDS = PasswordHasher()
_NOBODY = _PASSWORDS.hash(secrets.token_hex())


def new_token() -> str:
    """A random API token or session cookie: 43 characters that fit a URL."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> bytes:
    """The SHA-256 of a token. Tokens are long and random, so a fast hash is safe, and a look-up by it tells nothing."""
    return hashlib.sha256(token.encode()).digest()


def hash_password(password: str) -> str:
    """The Argon2id hash of a password."""
    return _PASSWORDS.hash(password)


def password_matches(stored: str | None, password: str) -> bool:
    """Whether a password is the right one; takes as long when there is no such user."""
    try:
        _PASSWORDS.verify(stored or _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None
