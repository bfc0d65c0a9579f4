"""Every status with every command."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import lifecycle
from domain.commands import COMMAND, Acknowledge, Command, Resolve
from domain.events import EventType
from domain.incident import Status
from domain.lifecycle import IllegalTransition
from tests.support.strategies import commands
from tests.support.values import NOON, an_incident

KINDS = ("acknowledge", "mitigate", "resolve", "comment", "escalate", "repair")
STAYS, FORBIDDEN = "stays", "forbidden"
MATRIX: dict[Status, tuple[str, ...]] = {
    Status.TRIGGERED: ("ACKNOWLEDGED", FORBIDDEN, "RESOLVED", STAYS, STAYS, STAYS),
    Status.ACKNOWLEDGED: (STAYS, "MITIGATED", "RESOLVED", STAYS, STAYS, STAYS),
    Status.MITIGATED: (FORBIDDEN, FORBIDDEN, "RESOLVED", STAYS, STAYS, STAYS),
    Status.RESOLVED: (FORBIDDEN, FORBIDDEN, FORBIDDEN, STAYS, FORBIDDEN, FORBIDDEN),
}
CASES = [(status, kind, row[column]) for status, row in MATRIX.items() for column, kind in enumerate(KINDS)]


def command(kind: str, **fields: str) -> Command:
    needed = {"text": "a note"} if kind == "comment" else {}
    return COMMAND.validate_python({"kind": kind, "id": "1", "actor": "ana@example.com", **needed, **fields})


@pytest.mark.parametrize(("status", "kind", "expected"), CASES)
def test_matrix(status: Status, kind: str, expected: str) -> None:
    incident = an_incident(status=status)
    if expected == FORBIDDEN:
        with pytest.raises(IllegalTransition, match="INC-42"):
            lifecycle.decide(incident, command(kind), NOON)
        return
    outcome = lifecycle.decide(incident, command(kind), NOON)
    assert outcome.changes.get("status", STAYS) == expected
    if expected != STAYS:
        (event,) = outcome.events
        assert (event.type, event.actor, event.at) == (EventType.STATUS_CHANGE, "ana@example.com", NOON)
        assert event.data["status"] == expected


@given(st.sampled_from(Status), st.lists(commands, max_size=8))
def test_whatever_is_commanded_status_never_goes_back(status: Status, given_commands: list[Command]) -> None:
    incident, order = an_incident(status=status), list(Status)
    for number, one in enumerate(given_commands):
        try:
            outcome = lifecycle.decide(incident, one, NOON + timedelta(seconds=number))
        except IllegalTransition:
            continue
        after = incident.model_copy(update=outcome.changes)
        assert order.index(after.status) >= order.index(incident.status)
        incident = after


def test_acknowledging_twice_changes_nothing_and_the_first_one_stands() -> None:
    incident = an_incident()
    incident = incident.model_copy(update=lifecycle.decide(incident, command("acknowledge"), NOON).changes)
    again = lifecycle.decide(incident, command("acknowledge", actor="bo@example.com"), NOON)
    assert (again.changes, again.events) == ({}, ())
    assert incident.acknowledged_by == "ana@example.com"


def test_resolving_at_once_counts_as_the_acknowledgement() -> None:
    outcome = lifecycle.decide(an_incident(), command("resolve", resolution_note="restarted", root_cause="disk"), NOON)
    assert outcome.changes["acknowledged_at"] == outcome.changes["resolved_at"] == NOON
    assert (outcome.changes["resolution_note"], outcome.changes["root_cause"]) == ("restarted", "disk")
    later = lifecycle.decide(an_incident(acknowledged_at=NOON), command("resolve"), NOON)
    assert "acknowledged_at" not in later.changes


def test_who_acts_first_leads_but_only_a_person_can() -> None:
    assert lifecycle.decide(an_incident(), command("acknowledge"), NOON).changes["lead"] == "ana@example.com"
    machine = Acknowledge(id="1", actor="temporal")
    assert "lead" not in lifecycle.decide(an_incident(), machine, NOON).changes
    taken = lifecycle.decide(an_incident(lead="bo@example.com"), command("acknowledge"), NOON)
    assert "lead" not in taken.changes


def test_a_late_command_says_what_it_wanted() -> None:
    event = lifecycle.late(Resolve(id="1", actor="ana@example.com"), "it is over", NOON)
    assert (event.message, event.actor) == ("Resolve came too late: it is over", "ana@example.com")
