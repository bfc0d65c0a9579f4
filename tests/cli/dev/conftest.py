"""Fixtures of `tocsin dev`."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.dev.postgres import Postgres
from tests.support.ports import free_port
from tests.support.servers import START_SECONDS


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """One running Postgres for a module; a test that stops it starts it again."""
    postgres = Postgres(tmp_path_factory.mktemp("pg"), free_port(), "pass word'", options={"fsync": "off"})
    postgres.start(START_SECONDS)
    yield postgres
    postgres.stop()


@pytest.fixture
def stub_tocsin(tmp_path: Path) -> Path:
    """A program `tocsin` that plays API and worker."""
    from tests.cli.dev.support import STUB_TOCSIN

    path = tmp_path / "bin" / "tocsin"
    path.parent.mkdir()
    path.write_text(STUB_TOCSIN)
    path.chmod(0o755)
    return path
