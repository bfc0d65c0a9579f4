"""The weekly readiness digest."""

from typing import Any

import pytest

from domain.catalogue import Catalogue
from domain.readiness_digest import readiness_digest
from tests.domain.foresight.house import ANA, NOW, values

AWAY = [{"start": "2026-11-11T00:00:00+01:00", "end": "2026-11-12T00:00:00+01:00"}]


def digest(made: dict[str, Any]) -> str:
    catalogue = Catalogue.model_validate(made)
    return readiness_digest(catalogue, catalogue.teams[0], NOW)


def house(**team: Any) -> dict[str, Any]:
    made = values()
    made["teams"][0] |= team
    made["users"][0]["days_away"] = AWAY
    for user in made["users"]:
        user["notification_rules"] = [{"urgency": urgency, "channel": "push"} for urgency in ("high", "low")]
    return made


@pytest.mark.parametrize(
    ("team", "said"),
    [
        (
            {},
            f"- {ANA} is away while on call (level 1) from Wed 2026-11-11 00:00 to Thu 2026-11-12 00:00 (Europe/Paris)",
        ),
        (
            {"schedule": None, "on_call": ANA},
            f"- {ANA} is away while on call from Wed 2026-11-11 00:00 to Thu 2026-11-12 00:00 (Europe/Paris), and "
            "nobody takes their place",
        ),
    ],
)
def test_who_is_away_while_on_call_is_named_once(team: dict[str, Any], said: str) -> None:
    lines = digest(house(**team)).splitlines()
    assert said in lines
    assert sum("away" in line for line in lines) == 1


def test_a_team_in_order_has_nothing_to_mend() -> None:
    made = house()
    made["users"][0]["days_away"] = []
    assert "nothing to mend" in digest(made)
