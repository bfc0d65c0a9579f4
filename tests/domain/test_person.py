"""How somebody is told: by their own rules, by verified methods only, and gently in their quiet hours."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.channels import LOUD, ChannelName
from domain.person import Absence, ContactMethod, PersonalRule, QuietHours, Reach
from domain.severity import Severity
from tests.support.strategies import channels, instants, reaches, severities
from tests.support.values import NOON

SMS, PUSH, EMAIL, PHONE = ChannelName.SMS, ChannelName.PUSH, ChannelName.EMAIL, ChannelName.PHONE
SEV1, _, SEV3, _ = Severity


def method(channel: ChannelName, *, verified: bool = True) -> ContactMethod:
    return ContactMethod(channel=channel, address="x", verified=verified)


@given(reaches, st.none() | channels, severities, instants)
def test_everybody_is_told_somehow_and_by_nothing_that_is_not_verified(
    reach: Reach, channel: ChannelName | None, severity: Severity, at: datetime
) -> None:
    ways = reach.ways(channel, severity, at)
    assert ways
    assert [way.after_seconds for way in ways] == sorted(way.after_seconds for way in ways)
    assert all(reach.has(way.channel) for way in ways)


@given(reaches, severities, instants)
def test_quiet_hours_wake_nobody(reach: Reach, severity: Severity, at: datetime) -> None:
    quiet = reach.model_copy(update={"quiet_hours": (QuietHours(severities=tuple(Severity)),)})
    assert not {way.channel for way in quiet.ways(None, severity, at)} & LOUD


def test_push_now_and_phone_after_two_minutes_by_urgency() -> None:
    rules = (PersonalRule(channel=PUSH), PersonalRule(channel=PHONE, after_seconds=120))
    reach = Reach(contact_methods=(method(PUSH), method(PHONE)), notification_rules=rules)
    assert [(way.after_seconds, way.channel) for way in reach.ways(None, SEV1, NOON)] == [(0, PUSH), (120, PHONE)]
    (low,) = reach.ways(None, SEV3, NOON)
    assert (low.after_seconds, low.note) == (0, "no personal rule for this")


def test_what_is_not_verified_is_replaced_and_that_is_said() -> None:
    reach = Reach(contact_methods=(method(SMS, verified=False), method(PUSH)))
    (way,) = reach.ways(SMS, SEV1, NOON)
    assert (way.channel, way.note) == (PUSH, "no verified sms")
    nothing = Reach(contact_methods=(method(SMS, verified=False),))
    assert nothing.ways(SMS, SEV1, NOON)[0].channel is EMAIL


def test_away_from_the_first_instant_to_before_the_last() -> None:
    absence = Absence(start=NOON, end=NOON + timedelta(days=1))
    reach = Reach(days_away=(absence,))
    assert reach.away_until(NOON) == absence.end
    assert reach.away_until(absence.end) is None
