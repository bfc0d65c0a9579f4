"""Fixtures of the command line."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.app import app
from cli.dev.postgres import Postgres
from config.settings import get_settings
from tests.cli.support import FakeTocsin, give_time, serving
from tests.support.ports import free_port
from tests.support.processes import Stack
from tests.support.product import alert, api, database, stack
from tests.support.servers import ADMIN_TOKEN, START_SECONDS

__all__ = ["alert", "api", "database", "stack"]

Tocsin = Callable[..., Result]


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No `.env`, no running `tocsin dev`, no variable of the machine."""
    monkeypatch.chdir(tmp_path)
    for name in ("TOCSIN_HOME", "TOCSIN_API_URL", "TOCSIN_TOKEN", "TOCSIN_ADMIN_TOKEN", "TOCSIN_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("TEMPORAL_ADDRESS", raising=False)
    give_time(monkeypatch, 60)  # a slow host is no outage
    get_settings.cache_clear()
    yield
    get_settings.cache_clear()


@pytest.fixture
def product(bare: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeTocsin]:
    """A product that the command line finds, with token `secret`."""
    with serving(FakeTocsin()) as fake:
        monkeypatch.setenv("TOCSIN_API_URL", fake.url)
        monkeypatch.setenv("TOCSIN_TOKEN", "secret")
        yield fake


@pytest.fixture
def running(bare: None, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Stack:
    """The real product, which the command line finds as the administrator."""
    monkeypatch.setenv("TOCSIN_API_URL", stack.url())
    monkeypatch.setenv("TOCSIN_TOKEN", ADMIN_TOKEN)
    return stack


@pytest.fixture
def tocsin(bare: None) -> Tocsin:
    """Run `tocsin` with these arguments."""
    return lambda *arguments: CliRunner().invoke(app, list(arguments))


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """An empty Postgres for a module."""
    server = Postgres(tmp_path_factory.mktemp("pg"), free_port(), "secret", options={"fsync": "off"})
    server.start(START_SECONDS)
    yield server
    server.stop()
