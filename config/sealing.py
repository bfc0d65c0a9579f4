"""Secrets that must be read again (signing secrets, vendors' tokens) are sealed before they are stored."""

from cryptography.fernet import Fernet, InvalidToken
from pydantic import SecretStr

ADVICE = "TOCSIN_SECRET_KEY must be 32 random bytes in URL-safe base64: `tocsin secret-key` prints one"


class NoSecretKey(Exception):
    """Something is to be sealed, and there is no key."""


class Sealer:
    """Seals and opens with one key (Fernet: AES-128-CBC with HMAC-SHA256)."""

    def __init__(self, key: SecretStr | None) -> None:
        """Args: key: TOCSIN_SECRET_KEY. Raises: ValueError: it is no key."""
        try:
            self._fernet = Fernet(key.get_secret_value()) if key else None
        except ValueError as error:
            raise ValueError(ADVICE) from error

    def seal(self, secret: str) -> bytes:
        """The secret as it may be stored.

        Raises:
            NoSecretKey: TOCSIN_SECRET_KEY is not set.
        """
        if self._fernet is None:
            raise NoSecretKey(f"a secret cannot be stored without a key: {ADVICE}")
        return self._fernet.encrypt(secret.encode())

    def open(self, sealed: bytes) -> str | None:
        """The secret; None when it was sealed with another key, or there is none."""
        if self._fernet is None:
            return None
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken:
            return None


def new_secret_key() -> str:
    """A key for TOCSIN_SECRET_KEY."""
    return Fernet.generate_key().decode()
