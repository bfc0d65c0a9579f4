"""What holds for every schedule: tiling, splitting, overrides, exports, zones; and a slow second opinion."""

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.hours import WEEKDAYS
from domain.schedule.coverage import gaps, overlaps
from domain.schedule.schedule import Fairness, Holiday, Layer, Override, Restriction, Rotation, Schedule, Span
from domain.schedule.shifts import Shift, on_call, on_call_users, shifts
from tests.domain.schedule.build import CHICAGO, KOLKATA, LORD_HOWE, PARIS, always, rotation, schedule, utc

ZONES = (PARIS, CHICAGO, LORD_HOWE, KOLKATA, "America/Havana", "Africa/Casablanca", "UTC")
"""Havana changes at midnight, Casablanca goes back in spring."""
CHANGES = tuple(
    utc(text)
    for text in (
        "2026-03-29 01:00", "2026-10-25 01:00", "2026-03-08 08:00", "2026-11-01 07:00", "2026-04-04 15:00",
        "2026-10-03 15:30", "2026-03-08 05:00", "2026-11-01 05:00", "2026-02-15 02:00", "2026-03-22 02:00",
    )
)  # fmt: skip
PEOPLE = ("ana", "bo", "cy", "di")
KINDS: tuple[Literal["replace", "add", "remove"], ...] = ("replace", "add", "remove")
MINUTE = timedelta(minutes=1)

groups = st.lists(st.sampled_from(PEOPLE), max_size=2, unique=True).map(tuple)
instants = st.builds(
    lambda change, minutes: change + minutes * MINUTE, st.sampled_from(CHANGES), st.integers(-4000, 4000)
)
"""Around clock changes."""
minutes_of_day = st.integers(0, 24 * 4 - 1).map(lambda quarter: f"{quarter // 4:02}:{quarter % 4 * 15:02}")
restrictions = st.builds(
    lambda weekdays, begin, until, holidays: Restriction(
        weekdays=tuple(weekdays), from_=begin, until=until, holidays=holidays
    ),
    st.lists(st.sampled_from(WEEKDAYS), min_size=1, max_size=7, unique=True),
    st.one_of(st.sampled_from(("00:00", "01:30", "02:30")), minutes_of_day),
    st.one_of(st.sampled_from(("24:00", "01:30", "02:30")), minutes_of_day),
    st.sampled_from(("any", "any", "only", "never")),
)


@st.composite
def rotations(draw: st.DrawFn, /, **fields: Any) -> Rotation:
    kind, most = draw(st.sampled_from((("hourly", 30), ("daily", 3), ("weekly", 2), ("monthly", 2))))
    begins = draw(instants)
    made: dict[str, Any] = {
        "kind": kind,
        "interval": draw(st.integers(1, most)),
        "start": begins,
        "participants": tuple(draw(st.lists(groups, min_size=1, max_size=4))),
        "restrictions": tuple(draw(st.lists(restrictions, max_size=2))),
        "assignment": draw(st.sampled_from(("in_turn", "in_turn", "fair"))),
        "weights": Fairness(past={"ana": 20}),
        "until": draw(st.one_of(st.none(), st.integers(1, 9000).map(lambda count: begins + count * MINUTE))),
    }
    return Rotation(**made | fields)


@st.composite
def overrides(draw: st.DrawFn, level: int | None = None) -> Override:
    begins = draw(instants)
    kind = draw(st.sampled_from(KINDS))
    return Override(
        id=UUID(int=1),
        kind=kind,
        level=level or draw(st.integers(1, 2)),
        start=begins,
        end=begins + draw(st.integers(1, 4000)) * MINUTE,
        users=tuple(
            draw(st.lists(st.sampled_from((*PEOPLE, "eve")), min_size=kind != "remove", max_size=2, unique=True))
        ),
        replaces=draw(st.sampled_from((None, *PEOPLE))) if kind == "replace" else None,
    )


@st.composite
def layers(draw: st.DrawFn, number: int) -> Layer:
    begins = draw(instants)
    span = Span(start=begins, end=begins + timedelta(hours=30), users=draw(groups))
    return Layer(
        name=f"layer {number}",
        level=draw(st.integers(1, 2)),
        rotations=tuple(draw(st.lists(rotations(), max_size=2))),
        spans=(span,) if draw(st.booleans()) else (),
    )


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    return Schedule(
        name="generated",
        time_zone=draw(st.sampled_from(ZONES)),
        layers=tuple(draw(layers(number)) for number in range(draw(st.integers(1, 3)))),
        holidays=tuple(Holiday(date=at.date(), name="holiday") for at in CHANGES[::2]),
        overrides=tuple(draw(st.lists(overrides(), max_size=3))),
    )


windows = st.builds(lambda begin, minutes: (begin, begin + minutes * MINUTE), instants, st.integers(1, 5 * 1440))


def containing(found: list[Shift], at: datetime) -> dict[int, tuple[str, ...]]:
    return {shift.level: shift.users for shift in found if shift.start <= at < shift.end}


def edges(found: list[Shift]) -> Iterator[datetime]:
    for shift in found:
        yield shift.start
        yield shift.end - timedelta.resolution


@settings(max_examples=50)
@given(schedules(), windows)
def test_shifts_and_gaps_tile_time(one: Schedule, window: tuple[datetime, datetime]) -> None:
    start, end = window
    found = shifts(one, start, end)
    assert found == sorted(found, key=lambda shift: (shift.start, shift.level))
    for level in {1, 2} | {shift.level for shift in found}:
        mine = [shift for shift in found if shift.level == level]
        tiles = sorted([(shift.start, shift.end) for shift in mine] + gaps(one, start, end, level))
        assert tiles[0][0] == start and tiles[-1][1] == end
        assert all(begin < finish for begin, finish in tiles)
        assert all(earlier[1] == later[0] for earlier, later in pairwise(tiles))
        assert all(shift.users and len(set(shift.users)) == len(shift.users) for shift in mine)
        for earlier, later in pairwise(mine):
            same = earlier.model_copy(update={"start": later.start, "end": later.end}) == later
            assert not (same and earlier.end == later.start), "should have been merged"


@settings(max_examples=40)
@given(schedules(), windows)
def test_merged_or_not_the_same_people_are_on_call(one: Schedule, window: tuple[datetime, datetime]) -> None:
    merged, pieces = shifts(one, *window), shifts(one, *window, merge=False)
    assert len(merged) <= len(pieces)
    for piece in pieces:
        assert [
            whole
            for whole in merged
            if whole.start <= piece.start and piece.end <= whole.end and whole.level == piece.level
        ] == [
            piece.model_copy(update={"start": whole.start, "end": whole.end})
            for whole in merged
            if whole.start <= piece.start < whole.end and whole.level == piece.level
        ]


@settings(max_examples=50)
@given(schedules(), windows, st.floats(0, 1))
def test_on_call_at_an_instant_is_the_shift_that_contains_it(
    one: Schedule, window: tuple[datetime, datetime], share: float
) -> None:
    start, end = window
    found = shifts(one, start, end)
    for at in [start + (end - start) * min(share, 0.999), *list(edges(found))[:20]]:
        assert on_call_users(one, at) == containing(found, at)


@settings(max_examples=25)
@given(schedules(), instants)
def test_the_shift_on_call_is_whole(one: Schedule, at: datetime) -> None:
    found = on_call(one, at)
    assert {shift.level: shift.users for shift in found} == on_call_users(one, at)
    for shift in found:
        assert shift.start <= at < shift.end
        reach = timedelta(days=60)
        assert shift in shifts(one, at - reach, at + reach)


@settings(max_examples=40)
@given(schedules(), windows, st.integers(1, 5 * 1440))
def test_a_window_in_two_halves_gives_the_same(one: Schedule, window: tuple[datetime, datetime], minutes: int) -> None:
    start, end = window
    middle = min(end, start + minutes * MINUTE)
    halves = shifts(one, start, middle) + shifts(one, middle, end)
    joined: list[Shift] = []
    for shift in sorted(halves, key=lambda shift: (shift.level, shift.start)):
        begin = joined[-1].start if joined else shift.start
        if (
            joined
            and joined[-1].end == shift.start
            and joined[-1].model_copy(update={"start": shift.start, "end": shift.end}) == shift
        ):
            joined[-1] = shift.model_copy(update={"start": begin})
        else:
            joined.append(shift)
    assert sorted(joined, key=lambda shift: (shift.start, shift.level)) == shifts(one, start, end)


@settings(max_examples=50)
@given(schedules(), overrides(level=1), windows)
def test_an_override_changes_nothing_outside_itself(
    one: Schedule, override: Override, window: tuple[datetime, datetime]
) -> None:
    changed = one.model_copy(update={"overrides": (*one.overrides, override)})
    before, after = shifts(one, *window), shifts(changed, *window)
    assert [shift for shift in before if shift.level != 1] == [shift for shift in after if shift.level != 1]
    for at in (window[0], *edges(before), *edges(after)):
        if not override.start <= at < override.end:
            assert containing(before, at) == containing(after, at)
        elif override.kind == "replace" and override.replaces is None:
            assert containing(after, at)[1] == override.users
        elif override.kind == "add":
            assert set(override.users) <= set(containing(after, at)[1])
        elif override.kind == "remove":
            assert not set(override.users or PEOPLE) & set(containing(after, at).get(1, ()))
        elif override.replaces not in override.users:
            assert override.replaces not in containing(after, at).get(1, ())


@settings(max_examples=40)
@given(schedules(), windows)
def test_an_export_gives_the_same_shifts(one: Schedule, window: tuple[datetime, datetime]) -> None:
    """Overrides and what calendars say are no part of it: they are put back by who keeps them."""
    bare = one.model_copy(
        update={"overrides": (), "layers": tuple(layer.model_copy(update={"spans": ()}) for layer in one.layers)}
    )
    again = Schedule.model_validate_json(one.model_dump_json())
    assert again == bare == Schedule.model_validate(one.model_dump(mode="json"))
    assert shifts(again, *window) == shifts(bare, *window)
    assert again.people == bare.people


@settings(max_examples=40)
@given(schedules(), windows, st.sampled_from(ZONES), st.sampled_from(ZONES))
def test_the_zone_of_whoever_asks_does_not_matter(
    one: Schedule, window: tuple[datetime, datetime], asking: str, writing: str
) -> None:
    """Neither does the one in which starts are written, whatever the schedule's is."""
    begin, end = (at.astimezone(ZoneInfo(asking)) for at in window)
    elsewhere = one.model_copy(
        update={
            "layers": tuple(
                layer.model_copy(
                    update={
                        "rotations": tuple(
                            rotation.model_copy(update={"start": rotation.start.astimezone(ZoneInfo(writing))})
                            for rotation in layer.rotations
                        )
                    }
                )
                for layer in one.layers
            )
        }
    )
    expected = shifts(one, *window)
    assert shifts(one, begin, end) == expected == shifts(elsewhere, *window)
    assert all(shift.start.tzinfo is UTC and shift.end.tzinfo is UTC for shift in expected)
    assert on_call_users(one, begin) == on_call_users(one, window[0])
    assert gaps(one, begin, end) == gaps(one, *window)
    assert overlaps(one, begin, end) == overlaps(one, *window)


@pytest.fixture
def _process_zone() -> Iterator[None]:
    before = os.environ.get("TZ")
    yield
    if before is None:
        os.environ.pop("TZ", None)
    else:
        os.environ["TZ"] = before
    time.tzset()


@pytest.mark.usefixtures("_process_zone")
def test_the_zone_of_the_process_does_not_matter() -> None:
    one = schedule(PARIS, rotation("daily", "2026-03-27T02:30+01:00", "ana bo cy"), always("di"))
    answers = []
    for zone in ("UTC", "America/Chicago", "Australia/Lord_Howe"):
        os.environ["TZ"] = zone
        time.tzset()
        answers.append(shifts(one, CHANGES[0] - timedelta(days=3), CHANGES[0] + timedelta(days=3)))
    assert answers[0] == answers[1] == answers[2]


def test_instants_without_an_offset_are_refused() -> None:
    one, naive = schedule(PARIS, always("ana")), datetime(2026, 3, 29, 2, 30)
    for ask in (on_call, on_call_users):
        with pytest.raises(ValueError, match="has no offset from UTC"):
            ask(one, naive)
    for look in (shifts, gaps, overlaps):
        with pytest.raises(ValueError, match="has no offset from UTC"):
            look(one, naive, CHANGES[0])
        with pytest.raises(ValueError, match="has no offset from UTC"):
            look(one, CHANGES[0], naive)


def test_instants_at_the_end_of_the_calendar_are_refused() -> None:
    one = schedule(PARIS, rotation("monthly", "2026-03-29T02:30+01:00", "ana bo", interval=1000))
    for at in (datetime.min, datetime.max):
        with pytest.raises(ValueError, match="does not lie in the years"):
            on_call_users(one, at.replace(tzinfo=UTC))
    assert on_call_users(one, utc("2999-12-31 00:00"))
    assert on_call_users(one, utc("1900-01-01 00:00"))


# A slow second opinion, which never turns a wall-clock time into an instant. Clocks show many times; a hand-off has
# happened when they have shown its time or a later one, at whichever instant before. A window has begun likewise, and
# has ended when they will never again show a time before its end.


def _shown(at: datetime, zone: ZoneInfo, minutes: range) -> list[datetime]:
    return [(at + count * MINUTE).astimezone(zone).replace(tzinfo=None) for count in minutes]


def _second_opinion(one: Rotation, zone: ZoneInfo, at: datetime) -> tuple[str, ...]:
    latest, earliest = max(_shown(at, zone, range(-61, 1))), min(_shown(at, zone, range(62)))
    if one.restrictions and not any(_awake(restriction, latest, earliest) for restriction in one.restrictions):
        return ()
    first = one.start.astimezone(zone).replace(tzinfo=None)
    if one.kind == "monthly":
        months = (latest.year - first.year) * 12 + latest.month - first.month
        days_of_month = (latest.replace(day=1) + timedelta(days=31)).replace(day=1) - latest.replace(day=1)
        hand_off = first.replace(year=latest.year, month=latest.month, day=min(first.day, days_of_month.days))
        turn = (months if hand_off <= latest else months - 1) // one.interval
    else:
        hours = one.interval * {"hourly": 1, "daily": 24, "weekly": 168}[one.kind]
        turn = (latest - first) // timedelta(hours=hours)
    return one.participants[turn % len(one.participants)]


def _awake(one: Restriction, latest: datetime, earliest: datetime) -> bool:
    for days in range(3):
        midnight = (latest - timedelta(days=days)).replace(hour=0, minute=0)
        begin, end = (
            midnight + timedelta(hours=int(text[:2]), minutes=int(text[3:])) for text in (one.from_, one.until)
        )
        end += timedelta(days=1) if end <= begin else timedelta()
        if WEEKDAYS[midnight.weekday()] in one.weekdays and begin <= latest and earliest < end:
            return True
    return False


@settings(max_examples=150)
@given(
    rotations(assignment="in_turn", until=None),
    st.sampled_from(ZONES),
    st.lists(instants, min_size=1, max_size=6),
)
def test_a_second_opinion(one: Rotation, zone: str, asked: list[datetime]) -> None:
    one = one.model_copy(
        update={"restrictions": tuple(each.model_copy(update={"holidays": "any"}) for each in one.restrictions)}
    )
    for at in asked:
        expected = _second_opinion(one, ZoneInfo(zone), at)
        assert on_call_users(schedule(zone, one), at).get(1, ()) == expected
