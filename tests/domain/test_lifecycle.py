"""Every status with every command."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import lifecycle
from domain.commands import COMMAND, Acknowledge, Clear, Command, Merge, Resolve, Split
from domain.events import EventType
from domain.incident import Status
from domain.lifecycle import IllegalTransition
from domain.severity import Severity
from tests.support.strategies import commands
from tests.support.values import LADDER, NOON, an_incident

KINDS = ("acknowledge", "mitigate", "resolve", "comment", "escalate", "repair", "merge", "split")
SECOND = timedelta(seconds=1)
OTHER = UUID(int=3)
STAYS, FORBIDDEN = "stays", "forbidden"
MATRIX: dict[Status, tuple[str, ...]] = {
    Status.TRIGGERED: ("ACKNOWLEDGED", FORBIDDEN, "RESOLVED", STAYS, STAYS, STAYS, "RESOLVED", STAYS),
    Status.ACKNOWLEDGED: (STAYS, "MITIGATED", "RESOLVED", STAYS, STAYS, STAYS, "RESOLVED", STAYS),
    Status.MITIGATED: (FORBIDDEN, FORBIDDEN, "RESOLVED", STAYS, STAYS, STAYS, "RESOLVED", STAYS),
    Status.RESOLVED: (FORBIDDEN, FORBIDDEN, FORBIDDEN, STAYS, FORBIDDEN, FORBIDDEN, FORBIDDEN, STAYS),
}
CASES = [(status, kind, row[column]) for status, row in MATRIX.items() for column, kind in enumerate(KINDS)]


def command(kind: str, **fields: Any) -> Command:
    other = {"into": OTHER, "into_short_id": "INC-3"}
    needed: dict[str, dict[str, Any]] = {
        "comment": {"text": "a note"},
        "merge": other,
        "split": {**other, "alerts": 2, "at": NOON},
    }
    common = {"kind": kind, "id": "1", "actor": "ana@example.com"}
    return COMMAND.validate_python({**common, **needed.get(kind, {}), **fields})


def clear(**fields: Any) -> Clear:
    given = {"id": "1", "actor": "grafana", "via": "alerts", "as_of": NOON - SECOND, "auto": True, **fields}
    return Clear.model_validate(given)


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
def test_status_goes_back_only_to_triggered_by_who_gives_it_back_and_never_from_resolved(
    status: Status, given_commands: list[Command]
) -> None:
    incident, order = an_incident(status=status), list(Status)
    for number, one in enumerate(given_commands):
        try:
            outcome = lifecycle.decide(incident, one, NOON + timedelta(seconds=number))
        except IllegalTransition:
            continue
        after = incident.model_copy(update=outcome.changes)
        gives_back = one.kind in ("unacknowledge", "reassign") and after.status is Status.TRIGGERED
        assert order.index(after.status) >= order.index(incident.status) or (gives_back and incident.is_open)
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


def test_a_merged_incident_says_where_to_and_by_whom() -> None:
    outcome = lifecycle.decide(an_incident(), command("merge", note="the same switch"), NOON)
    changes = outcome.changes
    assert (changes["merged_into"], changes["resolution_note"]) == (OTHER, "Merged into INC-3: the same switch")
    assert changes["acknowledged_by"] == changes["resolved_by"] == changes["lead"] == "ana@example.com"
    itself = an_incident()
    with pytest.raises(IllegalTransition, match="itself"):
        lifecycle.decide(itself, Merge(id="1", into=itself.id, into_short_id="INC-42"), NOON)


def test_the_note_of_a_split_is_one_however_often_it_is_written() -> None:
    one = command("split")
    assert isinstance(one, Split)
    (event,) = lifecycle.decide(an_incident(status=Status.RESOLVED), one, NOON + SECOND).events
    assert event == lifecycle.split_off(one)
    assert (event.message, event.at, event.key) == ("2 alerts were split off into INC-3", NOON, f"split.{OTHER}")


@pytest.mark.parametrize("status", [Status.TRIGGERED, Status.ACKNOWLEDGED, Status.MITIGATED])
def test_back_to_normal_resolves_at_once_by_the_source(status: Status) -> None:
    outcome = lifecycle.decide(an_incident(status=status), clear(), NOON)
    assert outcome.changes == {
        "status": Status.RESOLVED,
        "resolved_at": NOON,
        "resolved_by": "grafana",
        "resolution_note": "back to normal",
        "cleared_at": NOON - SECOND,
    }
    (event,) = outcome.events
    assert (event.type, event.actor, event.message) == (
        EventType.STATUS_CHANGE, "grafana", "Resolved by grafana: back to normal",
    )  # fmt: skip


@pytest.mark.parametrize(("scale", "seconds"), [(None, 600), (60.0, 10)])
def test_back_to_normal_resolves_after_a_while_that_is_shorter_in_a_drill(scale: float | None, seconds: int) -> None:
    incident, one = an_incident(time_scale=scale), clear(delay_seconds=600, note="it flaps")
    outcome = lifecycle.decide(incident, one, NOON)
    at = NOON + timedelta(seconds=seconds)
    assert outcome.changes == {"cleared_at": NOON - SECOND}
    (event,) = outcome.events
    text = f"Back to normal; resolves at {at:%H:%M:%S} UTC unless an alert fires again (it flaps)"
    assert (event.type, event.message, event.data["resolves_at"]) == (EventType.NOTE, text, at.isoformat())
    assert lifecycle.resolves_at(incident, one, NOON) == at
    later = lifecycle.stayed_quiet(incident, one, at)
    assert (later.changes["resolved_at"], later.changes["cleared_at"]) == (at, NOON - SECOND)


def test_back_to_normal_is_a_proposal_where_it_may_not_resolve() -> None:
    outcome = lifecycle.decide(an_incident(), clear(auto=False, delay_seconds=600), NOON)
    assert outcome.changes == {"cleared_at": NOON - SECOND}
    (event,) = outcome.events
    assert (event.type, event.message) == (EventType.NOTE, "INC-42 is back to normal: resolve it?")
    assert event.data["proposal"] == "resolve"


@pytest.mark.parametrize("fields", [{}, {"auto": False}, {"delay_seconds": 60}])
def test_back_to_normal_is_no_news_of_what_is_resolved(fields: dict[str, Any]) -> None:
    assert lifecycle.decide(an_incident(status=Status.RESOLVED), clear(**fields), NOON) == lifecycle.Outcome()


def test_an_alert_that_fires_again_undoes_it_and_says_so_where_something_waited() -> None:
    cleared = an_incident(cleared_at=NOON)
    waited = lifecycle.fired_again(cleared, clear(delay_seconds=60), NOON)
    assert waited.changes == {"cleared_at": None}
    assert [event.message for event in waited.events] == ["An alert fires again: INC-42 is not resolved by itself"]
    proposed = lifecycle.fired_again(cleared, None, NOON)
    assert (proposed.changes, proposed.events) == ({"cleared_at": None}, ())
    for nothing in (an_incident(), an_incident(status=Status.RESOLVED, cleared_at=NOON)):
        assert lifecycle.fired_again(nothing, None, NOON) == lifecycle.Outcome()


BO = "bo@example.com"
OTHERS: dict[str, dict[str, Any]] = {
    "unacknowledge": {},
    "snooze": {"until": NOON + timedelta(hours=1)},
    "reassign": {"to": BO},
    "amend": {"title": "another"},
    "page_people": {"people": (BO,)},
    "answer_call": {"accepted": True},
    "give_role": {"role": "commander", "person": BO},
    "use_policy": {"policy": LADDER},
}


@pytest.mark.parametrize("kind", OTHERS)
def test_what_responders_do_is_possible_while_it_is_open_and_never_after(kind: str) -> None:
    asked = {"responders": {"ana@example.com": "asked"}, "acknowledged_by": "ana@example.com", "acknowledged_at": NOON}
    one = command(kind, **OTHERS[kind])
    outcome = lifecycle.decide(an_incident(status=Status.ACKNOWLEDGED, **asked), one, NOON)
    assert outcome.events and all(event.actor == "ana@example.com" for event in outcome.events)
    with pytest.raises(IllegalTransition, match="already RESOLVED"):
        lifecycle.decide(an_incident(status=Status.RESOLVED, **asked), one, NOON)


@pytest.mark.parametrize(("kind", "goes"), [("unacknowledge", "acknowledged_at"), ("reassign", "acknowledged_by")])
def test_whoever_gives_it_back_leaves_the_first_acknowledgement_to_the_kpis(kind: str, goes: str) -> None:
    had = an_incident(status=Status.ACKNOWLEDGED, acknowledged_at=NOON, acknowledged_by="ana@example.com")
    changes = lifecycle.decide(had, command(kind, **OTHERS[kind]), NOON + SECOND).changes
    assert (changes["status"], changes[goes], changes["first_acknowledged_at"]) == (Status.TRIGGERED, None, NOON)


def test_each_of_several_acknowledgements_is_counted_and_the_last_one_takes_it() -> None:
    incident, said = an_incident(), []
    for who in ("ana@example.com", "ana@example.com", BO):
        outcome = lifecycle.decide(incident, command("acknowledge", actor=who), NOON, needed=2)
        incident = incident.model_copy(update=outcome.changes)
        said += [(event.type, event.message) for event in outcome.events]
    assert said == [
        (EventType.NOTE, "Acknowledged by ana@example.com (1 of 2)"),
        (EventType.STATUS_CHANGE, f"Acknowledged by {BO} (2 of 2)"),
    ]
    assert (incident.status, incident.acknowledged_by, incident.lead) == (Status.ACKNOWLEDGED, BO, "ana@example.com")


def test_addresses_are_the_same_in_capitals() -> None:
    incident = an_incident(acknowledgements=("uma@example.com",))
    again = command("acknowledge", actor="UMA@example.com")
    assert lifecycle.decide(incident, again, NOON, needed=2) == lifecycle.Outcome()
    back = lifecycle.decide(incident, command("unacknowledge", actor="Uma@Example.com"), NOON)
    assert back.changes["acknowledgements"] == ()


def test_whoever_acknowledges_again_when_enough_have_is_not_ignored() -> None:
    incident = an_incident(acknowledgements=("ana@example.com",))
    outcome = lifecycle.decide(incident, command("acknowledge"), NOON, needed=1)
    assert (outcome.changes["status"], outcome.changes["acknowledged_by"]) == (Status.ACKNOWLEDGED, "ana@example.com")
    assert outcome.changes["acknowledgements"] == ("ana@example.com",)


def test_the_nth_who_acknowledged_has_it_when_a_policy_wants_no_more() -> None:
    had = ("ana@example.com", BO, "cy@example.com")
    policy = LADDER.model_copy(update={"acknowledgements": 2})
    changes = lifecycle.decide(an_incident(acknowledgements=had), command("use_policy", policy=policy), NOON).changes
    assert changes == {"status": Status.ACKNOWLEDGED, "acknowledged_at": NOON, "acknowledged_by": BO}
    one = lifecycle.decide(an_incident(acknowledgements=had[:1]), command("use_policy", policy=policy), NOON)
    assert one.changes == {}


def test_a_scope_and_a_severity_have_entries_of_their_own_and_what_is_so_already_has_none() -> None:
    incident = an_incident(impacted_scopes=("PR",), severity=Severity.SEV3_MEDIUM)
    fields = {"severity": Severity.SEV1_CRITICAL, "impacted_scopes": ("Legal", "Security"), "title": incident.title}
    outcome = lifecycle.decide(incident, command("amend", **fields), NOON)
    kinds = [event.type for event in outcome.events]
    assert kinds == [EventType.SEVERITY_CHANGED, EventType.SCOPE_ADDED, EventType.SCOPE_ADDED, EventType.NOTE]
    assert set(outcome.changes) == {"severity", "impacted_scopes"}
    again = lifecycle.decide(incident.model_copy(update=outcome.changes), command("amend", **fields), NOON)
    assert again == lifecycle.Outcome()


def test_only_who_was_asked_answers_and_may_change_their_mind() -> None:
    incident = an_incident(responders={BO: "asked"})
    with pytest.raises(IllegalTransition, match="was not asked"):
        lifecycle.decide(incident, command("answer_call", accepted=True), NOON)
    for accepted, answer in ((True, "accepted"), (False, "declined")):
        outcome = lifecycle.decide(incident, command("answer_call", accepted=accepted, actor=BO), NOON)
        assert outcome.changes == {"responders": {BO: answer}}
        incident = incident.model_copy(update=outcome.changes)


@pytest.mark.parametrize("until", [NOON, NOON - SECOND, NOON + timedelta(days=400)])
def test_a_snooze_is_in_the_future_and_not_for_ever(until: datetime) -> None:
    with pytest.raises(IllegalTransition):
        lifecycle.decide(an_incident(), command("snooze", until=until), NOON)
