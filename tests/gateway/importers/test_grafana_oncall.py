"""A dump of Grafana OnCall: its shifts reckoned by hand, and a word for everything that does not fit."""

from datetime import UTC, datetime
from typing import Any

import pytest

from domain.channels import ChannelName
from domain.schedule.schedule import Layer, Schedule
from domain.schedule.shifts import shifts
from domain.target import OnCall, People, Person
from gateway.importers import grafana_oncall
from gateway.importers.grafana_shifts import Cannot, rotation_of
from tests.support.months import MARCH, dump, lines, march

IMPORTED = grafana_oncall.read(dump("grafana_oncall"))

# Level 1: weeks from Monday 09:00 in Paris, Bo and Cy first, for the rotation begins with index 1; 2 March is the 8th
# hand-off, so theirs. Level 2 goes before it: Dee on Saturdays and Sundays, Cy 10:00 to 12:00 on every other Wednesday
# from 7 January on. The override of the 10th goes before both. The clocks go forward on the 29th.
OPS = """
    01 00:00 - 01 23:00 dee
    01 23:00 - 02 08:00 ana
    02 08:00 - 04 09:00 bo cy
    04 09:00 - 04 11:00 cy
    04 11:00 - 06 23:00 bo cy
    06 23:00 - 08 23:00 dee
    08 23:00 - 09 08:00 bo cy
    09 08:00 - 10 11:00 ana
    10 11:00 - 10 12:00 dee
    10 12:00 - 13 23:00 ana
    13 23:00 - 15 23:00 dee
    15 23:00 - 16 08:00 ana
    16 08:00 - 18 09:00 bo cy
    18 09:00 - 18 11:00 cy
    18 11:00 - 20 23:00 bo cy
    20 23:00 - 22 23:00 dee
    22 23:00 - 23 08:00 bo cy
    23 08:00 - 27 23:00 ana
    27 23:00 - 29 22:00 dee
    29 22:00 - 30 07:00 ana
    30 07:00 - 32 00:00 bo cy
"""

# 22:00 to 08:00, Ana, Bo, Cy from 5 January: 28 February is the 54th night, so Ana's. Dee as well on the 3rd.
NIGHTS = """
    01 00:00 - 01 07:00 ana
    01 21:00 - 02 07:00 bo
    02 21:00 - 03 07:00 cy
    03 21:00 - 03 22:00 ana
    03 22:00 - 04 00:00 ana dee
    04 00:00 - 04 07:00 ana
    04 21:00 - 05 07:00 bo
    05 21:00 - 06 07:00 cy
    06 21:00 - 07 07:00 ana
    07 21:00 - 08 07:00 bo
    08 21:00 - 09 07:00 cy
    09 21:00 - 10 07:00 ana
    10 21:00 - 11 07:00 bo
    11 21:00 - 12 07:00 cy
    12 21:00 - 13 07:00 ana
    13 21:00 - 14 07:00 bo
    14 21:00 - 15 07:00 cy
    15 21:00 - 16 07:00 ana
    16 21:00 - 17 07:00 bo
    17 21:00 - 18 07:00 cy
    18 21:00 - 19 07:00 ana
    19 21:00 - 20 07:00 bo
    20 21:00 - 21 07:00 cy
    21 21:00 - 22 07:00 ana
    22 21:00 - 23 07:00 bo
    23 21:00 - 24 07:00 cy
    24 21:00 - 25 07:00 ana
    25 21:00 - 26 07:00 bo
    26 21:00 - 27 07:00 cy
    27 21:00 - 28 07:00 ana
    28 21:00 - 29 06:00 bo
    29 20:00 - 30 06:00 cy
    30 20:00 - 31 06:00 ana
    31 20:00 - 32 00:00 bo
"""


def test_the_month_of_levels_of_which_the_highest_counts() -> None:
    assert march(IMPORTED.catalogue, "Ops") == lines(OPS)


def test_the_month_of_nights_across_the_clock_change() -> None:
    assert march(IMPORTED.catalogue, "Nights") == lines(NIGHTS)


def test_steps_in_the_order_of_their_positions() -> None:
    (policy,) = IMPORTED.catalogue.policies
    assert (policy.repeat, policy.repeat_seconds, policy.max_rounds) == ("all", 900, 6)
    assert [step.after_seconds for step in policy.steps] == [0, 300]
    assert policy.targets() == [
        OnCall(schedule="Ops"),
        Person(email="ana@example.com"),
        Person(email="bo@example.com"),
        People(emails=("cy@example.com", "dee@example.com"), pick="round_robin"),
    ]


@pytest.mark.parametrize(("waits", "seconds"), [((), 1), ((900,), 900), ((300, 600), 900)])
def test_a_repetition_begins_when_the_waits_before_it_are_over(waits: tuple[int, ...], seconds: int) -> None:
    said = dump("grafana_oncall")
    steps = [one for one in said["escalation_policies"] if one["id"] not in ("P6", "P7")]
    last = [{"type": "wait", "duration": duration} for duration in waits] + [{"type": "repeat_escalation"}]
    chain = [{"escalation_chain_id": "F1", "position": 10 + place, **one} for place, one in enumerate(last)]
    (policy,) = grafana_oncall.read(said | {"escalation_policies": steps + chain}).catalogue.policies
    assert (policy.repeat_seconds, policy.max_rounds) == (seconds, 6)


def test_the_important_chain_is_for_urgent_incidents() -> None:
    ana = IMPORTED.catalogue.user_named["ana@example.com"]
    assert [(rule.urgency, rule.after_seconds, rule.channel) for rule in ana.notification_rules] == [
        ("high", 0, ChannelName.PHONE),
        ("low", 0, ChannelName.SLACK),
        ("low", 300, ChannelName.SMS),
    ]


def test_what_did_not_fit_is_named() -> None:
    assert IMPORTED.left_out == (
        "integration “Prometheus”: alerts come in by a source here: make one, with a service, and let rules choose "
        "among services.",
        "user “bo”: the notification rule notify_by_telegram.",
        "schedule “Ops”: shift “OGONE” is not in the dump.",
        "schedule “Ops”, shift “Mixed days”: repeats daily on some weekdays with several turns: which day is whose "
        "moves from week to week.",
        "schedule “Ops”, shift “First of the month”: by_month and by_monthday cannot be said here.",
        "schedule “Nights”: ical_url_overrides: add the address as an imported calendar.",
        "schedule “From outside”: is an iCalendar: add its address as an imported calendar.",
        "policy “Ops”: “important” steps: the incident's urgency decides about personal rules here.",
        "policy “Ops”: the step trigger_webhook.",
    )


def on_call(shift: dict[str, Any], *groups: str, zone: str = "UTC") -> list[str]:
    rotation = rotation_of(shift, [(f"{name}@example.com",) for name in groups], zone, MARCH[0])
    assert rotation is not None
    schedule = Schedule(name="x", time_zone=zone, layers=(Layer(name="x", rotations=(rotation,)),))
    found = shifts(schedule, datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 9, tzinfo=UTC))
    return [f"{one.start:%a %H:%M} - {one.end:%a %H:%M} {one.users[0].partition('@')[0]}" for one in found]


@pytest.mark.parametrize(
    ("shift", "groups", "expected"),
    [
        # Twelve hours on, twelve hours off, hand-off at every event: 2 March is 56 days after.
        (
            {"frequency": "hourly", "interval": 12, "start": "2026-01-05T06:00:00", "duration": 12 * 3600},
            ("a", "b"),
            ["Mon 00:00 - Mon 06:00 b"]
            + [
                line
                for day, after in zip(
                    ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat"), ("Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), strict=True
                )
                for line in (f"{day} 06:00 - {day} 18:00 a", f"{day} 18:00 - {after} 06:00 b")
            ]
            + ["Sun 06:00 - Sun 18:00 a", "Sun 18:00 - Mon 00:00 b"],
        ),
        # A whole day of every third: 5 January plus 54, 57, 60 days.
        (
            {"frequency": "daily", "interval": 3, "start": "2026-01-05T00:00:00", "duration": 86_400},
            ("a",),
            ["Tue 00:00 - Wed 00:00 a", "Fri 00:00 - Sat 00:00 a"],
        ),
        # Two days and a half from Friday evening on, cut nowhere.
        (
            {"frequency": "weekly", "by_day": ["FR"], "start": "2026-01-09T18:00:00", "duration": 60 * 3600},
            ("a", "b"),
            ["Mon 00:00 - Mon 06:00 b", "Fri 18:00 - Mon 00:00 a"],
        ),
        # The event of Sunday night goes on into Monday, though the week begins there: its hand-off is on Monday 20:00.
        (
            {"frequency": "weekly", "by_day": ["MO", "SU"], "week_start": "MO", "start": "2026-01-05T20:00:00",
             "duration": 12 * 3600},
            ("a", "b"),
            ["Mon 00:00 - Mon 08:00 b", "Mon 20:00 - Tue 08:00 a", "Sun 20:00 - Mon 00:00 a"],
        ),
        # Begun on a Wednesday, weeks beginning on Sundays: the second group has its turn from Sunday 11 January on.
        (
            {"frequency": "weekly", "by_day": ["SU", "WE"], "week_start": "SU", "start": "2026-01-07T09:00:00",
             "duration": 3600},
            ("a", "b"),
            ["Wed 09:00 - Wed 10:00 a", "Sun 09:00 - Sun 10:00 b"],
        ),
    ],
)  # fmt: skip
def test_events_become_turns(shift: dict[str, Any], groups: tuple[str, ...], expected: list[str]) -> None:
    assert on_call(shift, *groups) == expected


@pytest.mark.parametrize(
    ("shift", "why"),
    [
        ({"frequency": "monthly"}, "repeats monthly"),
        ({"frequency": "weekly", "by_day": ["1MO"]}, "by_day 1MO"),
        ({"frequency": "weekly", "time_zone": "Asia/Tokyo"}, "clocks of Asia/Tokyo"),
        ({"frequency": "weekly", "duration": 8 * 86_400}, "longer than a week"),
        ({"frequency": "hourly", "duration": 5400}, "not for whole hours"),
        ({"frequency": "hourly", "by_day": ["MO"]}, "hourly on some weekdays"),
        ({"frequency": "daily", "start": "2026-06-01T09:00:00"}, "begins on 2026-06-01"),
    ],
)
def test_what_cannot_be_a_rotation_says_why(shift: dict[str, Any], why: str) -> None:
    with pytest.raises(Cannot, match=why):
        on_call({"start": "2026-01-05T09:00:00", "duration": 3600} | shift, "a")


def test_what_is_over_is_left_behind() -> None:
    shift = {"frequency": "weekly", "start": "2026-01-05T09:00:00", "duration": 3600, "until": "2026-02-01T00:00:00"}
    assert rotation_of(shift, [("a@example.com",)], "UTC", MARCH[0]) is None
