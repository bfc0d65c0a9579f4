"""What the tests of this room share."""

import pytest

from config.settings import Settings
from tests.support.waiting import patient


@pytest.fixture
def settings(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Of a product that is in no hurry; tests of its hurry say how long it waits."""
    return patient(settings, monkeypatch)
