"""Why a body is not taken."""


class Refused(Exception):
    """A body is not signed as it must be, or asks for what it may not."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
