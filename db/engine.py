"""Connections to Postgres: an engine for everything, and a small raw pool for intake's one statement."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from weakref import WeakKeyDictionary

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import set_json_loads
from psycopg_pool import AsyncConnectionPool
from pydantic_core import from_json
from sqlalchemy.engine import make_url
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

Sessions = async_sessionmaker[AsyncSession]
IntakePool = AsyncConnectionPool[psycopg.AsyncConnection[dict[str, object]]]

CONNECT_TIMEOUT_SECONDS = 5
IDLE_SECONDS = 0.5
"""A connection that was not used for longer is asked before it is used again."""


def sqlalchemy_url(url: str) -> str:
    """A plain `postgresql://` URL with the driver that Tocsin uses."""
    return make_url(url).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def make_engine(url: str, pool_size: int = 10, *, check: bool = True) -> AsyncEngine:
    """An engine.

    Args:
        url: the database.
        pool_size: connections at most.
        check: notice a broken connection before it is used; a worker does without, for it tries again anyway.
    """
    return create_async_engine(
        sqlalchemy_url(url),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=CONNECT_TIMEOUT_SECONDS,
        pool_pre_ping=check,
        connect_args={"connect_timeout": CONNECT_TIMEOUT_SECONDS},
    )


def make_sessions(engine: AsyncEngine) -> Sessions:
    """Sessions whose objects can still be read after the commit."""
    return async_sessionmaker(engine, expire_on_commit=False)


class Turns:
    """How many at most use the database for one purpose, so that they leave connections for every other."""

    def __init__(self, most: int) -> None:
        self._semaphore = asyncio.Semaphore(most)

    @contextlib.asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a turn, and have it.

        Raises:
            sqlalchemy.exc.TimeoutError: it took as long as one waits for a connection.
        """
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_SECONDS):
                await self._semaphore.acquire()
        except TimeoutError as error:
            raise PoolTimeout("too many wait for the database") from error
        try:
            yield
        finally:
            self._semaphore.release()


def make_intake_pool(url: str, size: int = 4) -> IntakePool:
    """The pool of intake: few connections, for more only wait for one another's hot rows."""
    return AsyncConnectionPool(
        make_url(url).set(drivername="postgresql").render_as_string(hide_password=False),
        kwargs={"autocommit": True, "row_factory": dict_row, "connect_timeout": CONNECT_TIMEOUT_SECONDS},
        min_size=1,
        max_size=size,
        timeout=CONNECT_TIMEOUT_SECONDS,
        reconnect_timeout=0,
        check=_Check(),
        configure=_read_json_quickly,
        open=False,
    )


class _Check:
    """Notices a connection that broke while it was not used; one that was in use a moment ago is not asked."""

    def __init__(self) -> None:
        self._checked: WeakKeyDictionary[psycopg.AsyncConnection[dict[str, object]], float] = WeakKeyDictionary()

    async def __call__(self, connection: psycopg.AsyncConnection[dict[str, object]]) -> None:
        now = time.monotonic()
        if now - self._checked.get(connection, float("-inf")) > IDLE_SECONDS:
            await AsyncConnectionPool.check_connection(connection)
        self._checked[connection] = now


async def _read_json_quickly(connection: psycopg.AsyncConnection[dict[str, object]]) -> None:
    set_json_loads(from_json, connection)
