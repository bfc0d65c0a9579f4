"""A replay says what really happens: which incident an alert belongs to over windows, ends and starts."""

from datetime import timedelta
from typing import Any

from domain.intake.signal import Action
from tests.domain.intake.test_replay import START, fates, source, told

BY_SEVERITY = {"preset": "service+severity"}


def test_an_alert_goes_on_in_its_own_incident_when_the_key_leads_to_the_next() -> None:
    sender = source(auto_resolve=True, correlation=BY_SEVERITY)
    story = [
        told(0, sender, fingerprint="a"),
        told(400, sender, fingerprint="b"),
        told(410, sender, fingerprint="a"),
        told(420, sender, fingerprint="c"),
        told(430, sender, fingerprint="a", action=Action.ACKNOWLEDGE),
        told(440, sender, fingerprint="a", action=Action.RESOLVE),
        told(450, sender, fingerprint="b"),
        told(460, sender, fingerprint="a"),
    ]
    assert fates(*story) == [
        ("new", 1),
        ("new", 2),
        ("attached", 1),
        ("attached", 2),
        ("acknowledged", 1),
        ("resolved", 1),
        ("attached", 2),
        ("attached", 2),
    ]


def test_what_is_inhibited_joins_the_incident_to_which_the_key_of_its_cause_leads() -> None:
    sender = source(correlation=BY_SEVERITY)
    cause = told(0, sender, fingerprint="db", labels={"service": "postgres"})
    again = told(400, sender, fingerprint="db 2", labels={"service": "postgres"})
    above = told(410, sender, fingerprint="shop", labels={"service": "shop"})
    assert fates(cause, again, above, inhibit=600) == [("new", 1), ("new", 2), ("attached", 2)]


def test_a_start_that_comes_again_long_after_its_end_fires_again() -> None:
    sender = source(auto_resolve=True)

    def same(seconds: float, action: Action = Action.TRIGGER, **fields: Any) -> Any:
        return told(seconds, sender, fingerprint="a", started_at=START, action=action, **fields)

    end = {"ended_at": START + timedelta(seconds=1200)}
    story = [same(0), same(1200, Action.RESOLVE, **end), same(1300), same(2200), same(2201, Action.RESOLVE, **end)]
    over = same(3000, Action.RESOLVE, ended_at=START + timedelta(seconds=3000))
    assert fates(*story, over) == [
        ("new", 1),
        ("resolved", 1),
        ("late", None),
        ("new", 2),
        ("late", None),
        ("resolved", 2),
    ]


def test_the_end_of_an_episode_before_ends_nothing() -> None:
    sender = source(auto_resolve=True)
    next_start = START + timedelta(seconds=360)
    story = [
        told(0, sender, fingerprint="a", started_at=START),
        told(360, sender, fingerprint="a", started_at=next_start),
        told(361, sender, fingerprint="a", started_at=START),
        told(362, sender, fingerprint="a", started_at=START, ended_at=START + timedelta(seconds=300), action="resolve"),
        told(900, sender, fingerprint="a", started_at=next_start, action="resolve"),
    ]
    assert [fate for fate, _ in fates(*story)] == ["new", "attached", "attached", "late", "resolved"]
