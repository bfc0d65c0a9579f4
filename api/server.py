"""`tocsin api`: serves the application with uvicorn."""

import asyncio
import signal

import uvicorn

from api.app import create_app
from api.bootstrap import FirstLogin, bootstrap
from config.logging import configure_logging
from config.settings import Settings
from db.engine import make_engine, make_sessions

STOP_SECONDS = 5


def run(settings: Settings) -> None:
    """Make sure of the first log-in and serve until SIGTERM or SIGINT."""
    configure_logging(settings)
    first_login = asyncio.run(_bootstrap(settings))
    if first_login is not None:
        _show(first_login)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _ended)  # uvicorn stops gracefully, and then raises the signal once more
    uvicorn.run(
        create_app(settings),
        host=settings.api_host,
        port=settings.api_port,
        ssl_certfile=settings.tls_cert,
        ssl_keyfile=settings.tls_key,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=STOP_SECONDS,
    )


def _ended(number: int, frame: object) -> None:
    """A stop that was asked for is no failure."""


async def _bootstrap(settings: Settings) -> FirstLogin | None:
    engine = make_engine(settings.database)
    try:
        return await bootstrap(make_sessions(engine), settings)
    finally:
        await engine.dispose()


def _show(first: FirstLogin) -> None:
    """Once, on the operator's own terminal; the database keeps only hashes."""
    print("The first log-in was made up, for TOCSIN_ADMIN_PASSWORD or TOCSIN_ADMIN_TOKEN is not set:", flush=True)
    print(f"  e-mail    {first.email}\n  password  {first.password}\n  API token {first.token}", flush=True)
