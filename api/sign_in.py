"""Attempts to sign in: five a minute for each address, on every door together."""

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from api.problems import Problem


class SignInLimit:
    """Counts attempts in this process."""

    def __init__(self, per_minute: int = 5) -> None:
        self._limit = RateLimitItemPerMinute(per_minute)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def allows(self, address: str) -> bool:
        """Count one attempt from an address; False when it was one too many."""
        return self._limiter.hit(self._limit, address)

    def require(self, address: str) -> None:
        """Count one attempt.

        Raises:
            Problem: 429, when it was one too many.
        """
        if not self.allows(address):
            raise Problem(429, f"At most {self._limit.amount} attempts a minute: wait a little")


SIGN_IN = SignInLimit()
