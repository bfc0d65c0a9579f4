"""Passwords: kept only as Argon2id hashes."""

import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_PASSWORDS = PasswordHasher()
_NOBODY = _PASSWORDS.hash(secrets.token_hex())


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
