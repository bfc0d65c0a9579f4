"""API tokens and session cookies: random, and kept only as hashes."""

import hashlib
import secrets


def new_token() -> str:
    """A random API token or session cookie: 43 characters that fit a URL."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> bytes:
    """The SHA-256 of a token. Tokens are long and random, so a fast hash is safe, and a look-up by it tells nothing."""
    return hashlib.sha256(token.encode()).digest()
