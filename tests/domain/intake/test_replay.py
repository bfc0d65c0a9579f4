"""What a rule would have changed: recorded signals over two states of the catalogue."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.intake.replay import replay
from domain.intake.rule import Choice, Rule, Then
from domain.intake.signal import Action, Signal
from domain.intake.simulation import NOT_YET, Recorded, Simulation
from domain.intake.source import Source, SourceSettings
from domain.intake.verdict import Fate, House, ServiceFact, Tools
from gateway.intake.expressions import TOOLS

START = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
UNKNOWN = ServiceFact(UUID(int=1), "Unknown/Triage", "SRE Core")
PAYMENTS = ServiceFact(UUID(int=2), "payments", "Backend Payment")
POSTGRES = ServiceFact(UUID(int=3), "postgres", "SRE Core")
SHOP = ServiceFact(UUID(int=4), "shop", "Web", (POSTGRES.id,))
HOUSE = House(services={one.name: one for one in (UNKNOWN, PAYMENTS, POSTGRES, SHOP)}, unknown=UNKNOWN)


def source(**settings: Any) -> Source:
    return Source(id=UUID(int=9), name="prom", kind="alertmanager", settings=SourceSettings(**settings))


def told(seconds: float = 0, sender: Source | None = None, over_at: datetime | None = None, **fields: Any) -> Recorded:
    signal = Signal.model_validate(
        {"title": "Down", "severity": "critical", "labels": {"service": "payments"}} | fields
    )
    at = START + timedelta(seconds=seconds)
    return Recorded(id=uuid4(), signal=signal, source=sender or source(), received_at=at, over_at=over_at)


def with_rule(when: str = "true", then: Then = Then.PASS, **choice: Any) -> House:
    rule = Rule(name="new", when=when, then=then, set=Choice.model_validate(choice))
    return House(services=HOUSE.services, unknown=UNKNOWN, rules=(rule,))


def fates(*recorded: Recorded, house: House = HOUSE, inhibit: float = 0, tools: Tools = TOOLS) -> list[tuple[str, Any]]:
    simulation = Simulation(house, tools, inhibit)
    outcomes = [simulation.feed(one) for one in recorded]
    return [(outcome.fate.value, outcome.incident) for outcome in outcomes]


def test_one_incident_for_a_fingerprint_until_somebody_resolves_it() -> None:
    over = START + timedelta(seconds=60)
    again = [told(seconds, fingerprint="a", over_at=over) for seconds in (0, 10, 59)]
    later = told(60, fingerprint="a", over_at=NOT_YET)
    assert fates(*again, later) == [("new", 1), ("attached", 1), ("attached", 1), ("new", 2)]
    assert fates(told(fingerprint="a"), told(1, fingerprint="b")) == [("new", 1), ("new", 2)]


def test_windows_absorb_for_so_long_after_the_last_alert() -> None:
    alerts = [told(seconds) for seconds in (0, 299, 598, 899)]
    assert fates(*alerts) == [("new", 1), ("attached", 1), ("attached", 1), ("new", 2)]
    day = {"preset": "service"}
    assert fates(told(0, source(correlation=day)), told(80_000, source(correlation=day))) == [
        ("new", 1),
        ("attached", 1),
    ]


def test_back_to_normal_resolves_only_when_the_source_says_so() -> None:
    def run(**settings: Any) -> list[tuple[str, Any]]:
        sender = source(**settings)
        fired = [told(0, sender, fingerprint="a"), told(20, sender, fingerprint="a")]
        return fates(fired[0], told(10, sender, fingerprint="a", action=Action.RESOLVE), fired[1])

    assert run() == [("new", 1), ("resolved", 1), ("attached", 1)]
    assert run(auto_resolve=True) == [("new", 1), ("resolved", 1), ("new", 2)]
    assert run(auto_resolve=True, resolve_delay_seconds=60) == [("new", 1), ("resolved", 1), ("attached", 1)]
    assert run(auto_resolve=True, flapping={"changes": 2, "seconds": 900}) == [
        ("new", 1),
        ("resolved", 1),
        ("new", 2),
    ]


def test_one_that_flaps_is_resolved_later() -> None:
    sender = source(auto_resolve=True, resolve_delay_seconds=5, flapping={"changes": 2, "seconds": 900})
    story = [
        told(seconds, sender, fingerprint="a", action=action)
        for seconds, action in ((0, "trigger"), (1, "resolve"), (2, "trigger"), (3, "resolve"), (500, "trigger"))
    ]
    assert [incident for _, incident in fates(*story)] == [1, 1, 1, 1, 1]


def test_an_incident_is_back_to_normal_with_its_last_alert() -> None:
    sender = source(auto_resolve=True, correlation={"preset": "service"})
    names = [("a", "trigger"), ("b", "trigger"), ("a", "resolve"), ("c", "trigger"), ("b", "resolve"), ("c", "resolve")]
    story = [
        told(second, sender, fingerprint=name, action=action) for second, (name, action) in enumerate(names, start=1)
    ]
    assert [incident for _, incident in fates(*story, told(9, sender, fingerprint="a"))] == [1, 1, 1, 1, 1, 1, 2]


def test_what_comes_late_opens_nothing() -> None:
    sender = source(auto_resolve=True)
    story = [
        told(0, sender, fingerprint="a", started_at=START),
        told(5, sender, fingerprint="a", started_at=START, action="resolve"),
        told(6, sender, fingerprint="a", started_at=START),
        told(7, sender, fingerprint="a", started_at=START + timedelta(seconds=7)),
        told(8, sender, fingerprint="a", started_at=START, action="resolve"),
    ]
    assert fates(*story) == [("new", 1), ("resolved", 1), ("late", None), ("new", 2), ("late", None)]


def test_a_start_that_never_comes_again_is_late_for_ever() -> None:
    def run(**fields: Any) -> list[tuple[str, Any]]:
        story = ((0, Action.TRIGGER), (5, Action.RESOLVE), (20_000, Action.TRIGGER))
        sender = source(auto_resolve=True)
        return fates(
            *(
                told(seconds, sender, fingerprint="a", started_at=START, action=action, **fields)
                for seconds, action in story
            )
        )

    assert run()[-1] == ("new", 2)
    assert run(starts_once=True)[-1] == ("late", None)


def test_thresholds_hold_and_then_release() -> None:
    sender = source(threshold={"count": 3, "seconds": 60}, correlation={"preset": "service"})
    alerts = [told(seconds, sender) for seconds in (0, 50, 100, 105)]
    assert fates(*alerts) == [("held", None), ("held", None), ("held", None), ("new", 1)]
    result = replay(alerts, HOUSE, HOUSE, TOOLS)
    assert result.before.fates == {Fate.HELD: 1, Fate.ATTACHED: 2, Fate.NEW: 1}, "the first was too long ago"


def test_alerts_of_dependants_go_into_the_cause() -> None:
    cause = told(0, labels={"service": "postgres"}, fingerprint="db")
    follows = [told(seconds, labels={"service": "shop"}, fingerprint=f"s{seconds}") for seconds in (10, 700)]
    assert fates(cause, *follows, inhibit=600) == [("new", 1), ("attached", 1), ("new", 2)]
    assert fates(cause, *follows) == [("new", 1), ("new", 2), ("new", 3)]


@pytest.mark.parametrize(("action", "fate"), [("acknowledge", "acknowledged"), ("note", "noted")])
def test_words_about_an_incident(action: str, fate: str) -> None:
    assert fates(told(fingerprint="a"), told(1, fingerprint="a", action=action)) == [("new", 1), (fate, 1)]
    assert fates(told(fingerprint="a", action=action)) == [(fate, None)]


def test_alerts_move_to_a_service() -> None:
    alerts = [told(second, labels={"app": "pay-api"}, fingerprint=f"f{second}") for second in range(12)]
    house = with_rule('labels.app.startsWith("pay")', service_name="payments", severity="SEV2_HIGH")
    result = replay(alerts, HOUSE, house, TOOLS)
    assert [change.text for change in result.changes] == [
        "12 alerts move from Unknown/Triage to payments",
        "12 alerts change from SEV1_CRITICAL to SEV2_HIGH",
    ]
    assert (result.alerts, result.changed, result.before.incidents, result.after.incidents) == (12, 12, 12, 12)
    assert result.changes[0].alerts == tuple(one.id for one in alerts[:10])


def test_incidents_become_fewer_and_more() -> None:
    alerts = [told(second, fingerprint=f"f{second % 3}", labels={"service": "payments"}) for second in range(9)]
    grouped = with_rule(correlation={"preset": "service"})
    one = replay(alerts, HOUSE, grouped, TOOLS)
    assert [change.text for change in one.changes] == ["3 incidents become 1"]
    assert (one.before.incidents, one.after.incidents, one.changed) == (3, 1, 9)
    assert [change.text for change in replay(alerts, grouped, HOUSE, TOOLS).changes] == ["1 incident becomes 3"]


def test_alerts_are_dropped() -> None:
    alerts = [told(second, fingerprint="noise") for second in range(4)] + [told(5, fingerprint="real")]
    result = replay(alerts, HOUSE, with_rule('fingerprint == "noise"', Then.DROP), TOOLS)
    assert [change.text for change in result.changes] == [
        "4 alerts are dropped instead of part of an incident",
        "1 incident is not opened any more",
    ]
    assert (result.after.dropped, result.before.dropped, result.changed) == (4, 0, 4)
    back = replay(alerts, with_rule("true", Then.DROP), HOUSE, TOOLS)
    assert [change.text for change in back.changes][-1] == "2 incidents are new"


def test_alerts_that_mix_in_another_way() -> None:
    sender = source(correlation={"preset": "labels", "labels": ["zone"]})
    alerts = [
        told(second, sender, labels={"service": "payments", "zone": zone, "rack": rack})
        for second, (zone, rack) in enumerate([("x", "1"), ("x", "2"), ("y", "2")])
    ]
    result = replay(alerts, HOUSE, with_rule(correlation={"preset": "labels", "labels": ["rack"]}), TOOLS)
    assert [change.text for change in result.changes] == ["2 incidents share their alerts in another way"]


def test_mistakes_of_the_rule_are_told() -> None:
    result = replay([told(), told(1)], HOUSE, with_rule("labels.nope == 'x'"), TOOLS)
    assert result.problems == {"rule 'new' could not be tried: there is no 'nope'": 2}
    result = replay([told()], HOUSE, with_rule(title="=labels.nope"), TOOLS)
    assert result.problems == {"title of the rule: there is no 'nope'": 1}
    assert result.changes == ()


def test_nothing_is_nothing() -> None:
    result = replay([], HOUSE, with_rule(), TOOLS)
    assert (result.alerts, result.changed, result.changes, result.before.fates) == (0, 0, (), {})


_told = st.builds(
    told,
    seconds=st.integers(0, 3000),
    sender=st.sampled_from(
        (
            source(),
            source(auto_resolve=True),
            source(correlation={"preset": "service"}),
            source(threshold={"count": 2, "seconds": 300}),
        )
    ),
    over_at=st.sampled_from((None, NOT_YET, START + timedelta(seconds=1500))),
    fingerprint=st.sampled_from((None, "a", "b")),
    action=st.sampled_from(Action),
    labels=st.sampled_from(({"service": "payments"}, {"service": "shop"}, {"service": "postgres"}, {})),
    started_at=st.sampled_from((None, START)),
)


@given(st.lists(_told, max_size=30))
def test_laws(recorded: list[Recorded]) -> None:
    recorded.sort(key=lambda one: one.received_at)
    same = replay(recorded, HOUSE, HOUSE, TOOLS)
    assert (same.changed, same.changes) == (0, ()), "the same house makes no difference"
    assert sum(same.before.fates.values()) == len(recorded), "not one is lost"
    assert same.before.fates.get(Fate.NEW, 0) == same.before.incidents
    dropped = replay(recorded, HOUSE, with_rule("true", Then.DROP), TOOLS)
    alerts = sum(one.signal.action is Action.TRIGGER for one in recorded)
    assert (dropped.after.incidents, dropped.after.dropped) == (0, alerts)
    assert dropped.model_validate(dropped.model_dump(mode="json")) == dropped
