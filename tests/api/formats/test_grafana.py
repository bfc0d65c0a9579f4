"""Grafana: unified and legacy alerting."""

import pytest

from api.formats import FORMATS
from domain.intake.signal import Action
from tests.api.formats import golden


@pytest.mark.parametrize(
    ("state", "action"),
    [
        ("alerting", Action.TRIGGER),
        ("ok", Action.RESOLVE),
        ("no_data", Action.TRIGGER),
        ("paused", Action.NOTE),
        ("pending", Action.NOTE),
        ("from the future", Action.TRIGGER),
    ],
)
def test_legacy_states(state: str, action: Action) -> None:
    (signal,) = FORMATS["grafana"](golden.body("grafana", "legacy_ok") | {"state": state}, {})
    assert signal.action is action


def test_legacy_without_a_state_goes_by_its_title() -> None:
    body = golden.body("grafana", "legacy_ok") | {"state": None}
    assert FORMATS["grafana"](body, {})[0].action is Action.RESOLVE


def test_a_body_of_which_only_the_title_is_left() -> None:
    (signal,) = FORMATS["grafana"]({"title": "[FIRING:1] Disk full", "state": "alerting", "orgId": 1}, {})
    assert (signal.title, signal.action) == ("[FIRING:1] Disk full", Action.TRIGGER)


def test_the_values_of_older_versions() -> None:
    body = golden.body("grafana", "firing")
    del body["alerts"][0]["values"]
    assert "var='B'" in FORMATS["grafana"](body, {})[0].description
