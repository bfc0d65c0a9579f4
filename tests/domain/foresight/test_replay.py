"""A policy against the past."""

from datetime import UTC, datetime, timedelta
from typing import Any

from domain.catalogue import Catalogue
from domain.condition import Facts
from domain.foresight.replay import PastIncident, PastPage, Replay, replay
from domain.policy import Policy
from domain.severity import Severity
from tests.domain.foresight.house import ANA, BO, DEE, values

AT = datetime(2026, 11, 2, 12, tzinfo=UTC)


def house() -> Catalogue:
    made = values()
    made["routes"] = [{"name": "chat", "targets": [{"kind": "team_channel"}]}]
    return Catalogue.model_validate(made)


def policy(*steps: tuple[int, dict[str, Any]], **fields: Any) -> Policy:
    rungs = [{"after_seconds": after, "targets": [{"channel": "push", **target}]} for after, target in steps]
    return Policy.model_validate({"name": "new", "steps": rungs, "max_rounds": 1, **fields})


def incident(number: int = 1, minutes: float = 10, pages: tuple[PastPage, ...] = (), **changes: Any) -> PastIncident:
    at = AT + timedelta(days=number)
    over = at + timedelta(minutes=minutes)
    values = {
        "name": f"INC-{number}",
        "service": "redis",
        "team": "Core",
        "facts": Facts(severity=Severity.SEV1_CRITICAL, service="redis"),
        "policy": "ladder",
        "started_at": at,
        "acknowledged_at": over,
        "over_at": over + timedelta(hours=1),
        "pages": pages,
    }
    return PastIncident.model_validate(values | changes)


def after(found: Replay) -> dict[str, int]:
    return {one.user: one.after.pages for one in found.people}


TO_DEE = {"kind": "person", "email": DEE}
TO_EACH = {"kind": "people", "emails": [ANA, BO], "pick": "round_robin"}


def tried(tried: Policy, *incidents: PastIncident, team: str | None = None) -> Replay:
    return replay(house(), tried, incidents, "ladder", team)


def test_whoever_was_on_call_then_is_paged() -> None:
    """Ana is on call in the week of 2 November, Bo in the week of 26 October."""
    ladder = policy((0, {"kind": "on_call"}))
    first = tried(ladder, incident(1)).people[0].user
    assert {first, tried(ladder, incident(8)).people[0].user} == {ANA, BO}


def test_steps_until_the_acknowledgement_and_reminders_after_it() -> None:
    reminder = {"after_seconds": 1800, "targets": [{**TO_DEE, "channel": "push"}]}
    ladder = policy((0, {"kind": "on_call"}), (600, TO_DEE), persist=[reminder])
    assert DEE not in after(tried(policy((0, {"kind": "on_call"}), (600, TO_DEE)), incident(minutes=10)))
    assert after(tried(ladder, incident(minutes=10)))[DEE] == 1
    assert after(tried(ladder, incident(minutes=11)))[DEE] == 2
    never = incident(minutes=10, acknowledged_at=None)
    assert after(tried(ladder, never))[DEE] == 1


def test_whose_turn_it_is_goes_on_from_incident_to_incident() -> None:
    found = after(tried(policy((0, TO_EACH)), *(incident(number) for number in range(1, 5))))
    assert found == {ANA: 2, BO: 2}


def test_the_difference_counts_nights() -> None:
    night = PastPage(recipient=DEE, at=AT.replace(hour=23))
    found = tried(policy((0, TO_DEE)), incident(pages=(night, night)))
    one = found.people[0]
    assert (one.before.pages, one.before.night_pages) == (2, 2)
    assert (one.difference.pages, one.difference.night_pages) == (-1, -2)


def test_what_pages_nobody_is_named() -> None:
    found = tried(policy((7200, TO_DEE)), incident(1), incident(2, minutes=180))
    assert found.unreached == ("INC-1",)


def test_which_incidents_are_taken() -> None:
    some = (incident(1), incident(2, policy="other"), incident(3, policy=None), incident(4, team="Gone"))
    assert tried(policy((0, TO_DEE)), *some).incidents == 3
    assert tried(policy((0, TO_DEE), name="ladder"), *some).incidents == 2
    assert tried(policy((0, TO_DEE)), *some, team="Else").incidents == 0
