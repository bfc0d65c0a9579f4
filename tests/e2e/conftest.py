"""A `tocsin dev` for each file of tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.dev import Dev


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dev]:
    """The whole product, ready."""
    dev = Dev(tmp_path_factory.mktemp("dev") / "home")
    try:
        dev.start()
        yield dev
    finally:
        dev.stop()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A place for a `tocsin dev` of one's own."""
    return tmp_path / "home"
