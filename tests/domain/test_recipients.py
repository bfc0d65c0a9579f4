"""Whom a target means at an instant."""

from datetime import timedelta

import pytest
from hypothesis import given, settings

from domain.channels import ChannelName
from domain.climb import Situation
from domain.condition import Facts
from domain.directory import Directory, Duty
from domain.person import Absence, Reach
from domain.recipients import Meant, Moment, meant_by
from domain.severity import Severity
from domain.target import EMails, Lead, NextOnCall, OnCall, People, Person, Target, TeamMembers, Title
from tests.support.strategies import situations, targets
from tests.support.values import DIRECTORY, NOON

ANA, BO, CY = (f"{name}@example.com" for name in ("ana", "bo", "cy"))
DAY = timedelta(days=1)
FACTS = Facts(severity=Severity.SEV1_CRITICAL)
AWAY = Reach(days_away=(Absence(start=NOON - DAY, end=NOON + DAY),))
ON_DUTY = DIRECTORY.model_copy(
    update={
        "schedule": "core",
        "duties": {
            "core": (
                Duty(start=NOON - DAY, end=NOON, level=1, users=(CY,)),
                Duty(start=NOON, end=NOON + DAY, level=1, users=(BO,)),
                Duty(start=NOON + DAY, end=NOON + 2 * DAY, level=1, users=(BO, CY)),
            )
        },
        "members": (ANA, BO, CY),
        "people": (ANA, BO, CY),
    }
)


def meant(target: Target, directory: Directory = ON_DUTY, round_number: int = 1) -> Meant:
    return meant_by(target, Moment(FACTS, directory, NOON, round_number), "key")


def who(found: Meant) -> list[str]:
    return [told.delivery.recipient for told in found.told]


def test_a_shift_begins_at_its_first_instant_and_the_next_one_has_somebody_else() -> None:
    assert who(meant(OnCall(channel=ChannelName.SMS))) == [BO]
    assert who(meant(NextOnCall(channel=ChannelName.SMS))) == [BO, CY]
    assert meant(OnCall(level=2)).missing == ("nobody is on call for SRE Core, level 2",)


def test_whoever_is_away_is_not_told_and_the_teams_fixed_person_is_in_their_place() -> None:
    away = ON_DUTY.model_copy(update={"reach": {BO: AWAY}})
    assert who(meant(OnCall(channel=ChannelName.SMS), away)) == [ANA]
    found = meant(Person(email=BO), away)
    assert (found.told, found.missing) == ((), (f"{BO} is away until 2026-11-22 12:00 UTC",))


def test_in_turn_and_whoever_was_paged_longest_ago() -> None:
    turns = ON_DUTY.model_copy(update={"turns": {"key": ANA}, "last_paged": {ANA: NOON, CY: NOON - DAY}})
    robin, least = (People(emails=(ANA, BO, CY), pick=pick) for pick in ("round_robin", "least_paged"))
    assert [who(meant(robin, turns, number))[0] for number in (1, 2, 3, 4)] == [BO, CY, ANA, BO]
    assert [who(meant(least, turns, number))[0] for number in (1, 2, 3)] == [BO, CY, ANA]
    assert meant(robin, turns).told[0].delivery.turn == "key"


@pytest.mark.parametrize(
    ("target", "why"),
    [
        (Title(title="Pope"), "nobody is Pope"),
        (Lead(), "nobody leads the incident yet"),
        (Person(email="gone@example.com"), "gone@example.com is not active"),
        (TeamMembers(team="Nobody"), "Nobody has no members"),
    ],
)
def test_who_means_nobody_says_why(target: Target, why: str) -> None:
    assert meant(target) == Meant(missing=(why,))


def test_addresses_are_nobodys_account() -> None:
    assert who(meant(EMails(addresses=("list@example.com",)))) == ["list@example.com"]


@settings(max_examples=60)
@given(situations(), targets)
def test_somebody_is_told_or_it_is_said_why_not_and_nobody_twice_by_one_channel(
    situation: Situation, target: Target
) -> None:
    found = meant_by(target, Moment(situation.facts, situation.directory, situation.climb.started_at), "key")
    assert bool(found.told) != bool(found.missing)
    ways = [(told.delivery.recipient, told.delivery.channel) for told in found.told]
    assert len(set(ways)) == len(ways)
    assert all(told.delivery.reason for told in found.told)


def test_the_turn_goes_on_after_whoever_had_it_also_when_that_one_is_away() -> None:
    people = People(emails=(ANA, BO, CY), pick="round_robin", channel=ChannelName.SMS)
    turns = ON_DUTY.model_copy(update={"turns": {"key": BO}})
    assert who(meant(people, turns)) == [CY]
    assert who(meant(people, turns.model_copy(update={"reach": {BO: AWAY}}))) == [CY]
    assert [who(meant(people, turns, number)) for number in (1, 2, 3)] == [[CY], [ANA], [BO]]


def test_a_lead_who_is_not_active_any_more_is_not_told() -> None:
    facts = FACTS.model_copy(update={"lead": "gone@example.com"})
    found = meant_by(Lead(channel=ChannelName.SMS), Moment(facts, ON_DUTY, NOON), "key")
    assert (found.told, found.missing) == ((), ("gone@example.com, who leads, is not active",))
