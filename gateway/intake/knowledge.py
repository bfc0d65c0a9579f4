"""What a process knows of the catalogue without asking: read again when it changed, and now and then anyway."""

import asyncio
import time

from db.engine import Sessions
from db.house import load_house
from domain.intake.verdict import House, ServiceFact

KNOWN_SECONDS = 10.0
"""So long at most a change goes unnoticed by a process that does not hear the database's notifications."""

MISS_SECONDS = 1.0
"""A name that is not known makes it read again at most so often."""


class Knowledge:
    """The catalogue as it was a moment ago."""

    def __init__(self, sessions: Sessions, window_seconds: int, known_seconds: float = KNOWN_SECONDS) -> None:
        self._sessions = sessions
        self._window_seconds = window_seconds
        self._known_seconds = known_seconds
        self._house: House | None = None
        self._until = 0.0
        self._loading = asyncio.Lock()
        self._version = 0
        self._missed_at = float("-inf")

    async def house(self) -> House:
        """The catalogue.

        Raises:
            sqlalchemy.exc.SQLAlchemyError, OSError: it is not known yet and the database cannot be reached.
        """
        if self._house is not None and time.monotonic() < self._until:
            return self._house
        async with self._loading:
            while self._house is None or time.monotonic() >= self._until:
                version = self._version
                async with self._sessions.begin() as session:
                    house = await load_house(session, self._window_seconds)
                if version == self._version:  # nothing changed while it was read
                    self._house, self._until = house, time.monotonic() + self._known_seconds
        return self._house

    async def service(self, name: str) -> ServiceFact | None:
        """A service of the catalogue; one that is not known is looked for once more."""
        found = (await self.house()).services.get(name)
        if found is None and time.monotonic() > self._missed_at + MISS_SECONDS:
            self._missed_at = time.monotonic()
            self.forget()
            found = (await self.house()).services.get(name)
        return found

    def forget(self) -> None:
        """It changed: read it again before the next alert."""
        self._version += 1
        self._until = 0.0
