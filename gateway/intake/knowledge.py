"""What a process knows of the catalogue without asking: read again when it changed, and now and then anyway."""

import asyncio
import time

from db.catalogue.reading import version_of
from db.engine import Sessions
from db.house import load_house
from domain.intake.verdict import House, ServiceFact

KNOWN_SECONDS = 10.0
"""So long at most a change goes unnoticed by a process that does not hear the database's notifications."""


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
        self._catalogue = 0
        """The version of the catalogue that was read."""

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
                    catalogue = await version_of(session)  # before the rest: a change meanwhile is seen as one
                    house = await load_house(session, self._window_seconds)
                if version == self._version:  # nothing changed while it was read
                    self._house, self._until = house, time.monotonic() + self._known_seconds
                    self._catalogue = catalogue
        return self._house

    async def service(self, name: str) -> ServiceFact | None:
        """A service of the catalogue; for one that is not known it is asked whether the catalogue has changed."""
        found = (await self.house()).services.get(name)
        if found is None and await self._is_behind():
            self.forget()
            found = (await self.house()).services.get(name)
        return found

    async def _is_behind(self) -> bool:
        async with self._sessions.begin() as session:
            return await version_of(session) != self._catalogue

    def forget(self) -> None:
        """It changed: read it again before the next alert."""
        self._version += 1
        self._until = 0.0
