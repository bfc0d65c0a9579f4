"""Maintenance windows: wall-clock times in a zone, over clock changes, at odd ends of months."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.intake.maintenance import MaintenanceWindow, Repeat
from domain.wall_clock import first_instant, last_instant

ZONES = ("Europe/Paris", "America/Chicago", "Australia/Lord_Howe", "Asia/Kolkata", "UTC", "Pacific/Apia")


def window(start: str, end: str, zone: str = "Europe/Paris", **fields: Any) -> MaintenanceWindow:
    return MaintenanceWindow(
        id=UUID(int=1),
        name="w",
        time_zone=zone,
        start=datetime.fromisoformat(start),
        end=datetime.fromisoformat(end),
        **fields,
    )


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def spans(one: MaintenanceWindow, begin: str, end: str) -> list[str]:
    found = one.occurrences(utc(begin), utc(end))
    return [f"{a:%m-%d %H:%M}–{b:%m-%d %H:%M}" for a, b in found]


@pytest.mark.parametrize(
    ("zone", "start", "end", "begin", "finish", "expected"),
    [
        # Paris springs from 02:00 to 03:00 on 2026-03-29.
        (
            "Europe/Paris", "2026-03-28T02:30", "2026-03-28T04:00", "2026-03-28", "2026-03-31",
            ["03-28 01:30–03-28 03:00", "03-29 01:00–03-29 02:00", "03-30 00:30–03-30 02:00"],
        ),
        (  # an end that is skipped
            "Europe/Paris", "2026-03-28T01:00", "2026-03-28T02:30", "2026-03-28", "2026-03-30",
            ["03-28 00:00–03-28 01:30", "03-29 00:00–03-29 01:00", "03-29 23:00–03-30 00:30"],
        ),
        (  # both ends skipped: nothing is left of it
            "Europe/Paris", "2026-03-28T02:15", "2026-03-28T02:45", "2026-03-28T22:00", "2026-03-29T22:00", [],
        ),
        (  # across the change: an hour shorter
            "Europe/Paris", "2026-03-28T01:00", "2026-03-28T05:00", "2026-03-29", "2026-03-29T12:00",
            ["03-29 00:00–03-29 03:00"],
        ),
        # Paris falls from 03:00 to 02:00 on 2026-10-25: from the first pass to the last.
        (
            "Europe/Paris", "2026-10-24T02:30", "2026-10-24T02:45", "2026-10-24", "2026-10-27",
            ["10-24 00:30–10-24 00:45", "10-25 00:30–10-25 01:45", "10-26 01:30–10-26 01:45"],
        ),
        (  # across the change: an hour longer
            "Europe/Paris", "2026-10-24T01:00", "2026-10-24T05:00", "2026-10-24T12:00", "2026-10-25T12:00",
            ["10-24 23:00–10-25 04:00"],
        ),
        (  # midnight to midnight
            "Europe/Paris", "2026-10-24T00:00", "2026-10-25T00:00", "2026-10-24", "2026-10-26T22:00",
            ["10-23 22:00–10-24 22:00", "10-24 22:00–10-25 23:00", "10-25 23:00–10-26 23:00"],
        ),
        # Chicago: 2026-03-08 and 2026-11-01.
        (
            "America/Chicago", "2026-03-07T02:30", "2026-03-07T03:30", "2026-03-07T06:00", "2026-03-10",
            ["03-07 08:30–03-07 09:30", "03-08 08:00–03-08 08:30", "03-09 07:30–03-09 08:30"],
        ),
        (
            "America/Chicago", "2026-10-31T01:30", "2026-10-31T02:00", "2026-10-31T03:00", "2026-11-02T12:00",
            ["10-31 06:30–10-31 07:00", "11-01 06:30–11-01 08:00", "11-02 07:30–11-02 08:00"],
        ),
        # Lord Howe changes by half an hour: back on 2026-04-05 at 02:00, forward on 2026-10-04 at 02:00.
        (
            "Australia/Lord_Howe", "2026-04-04T01:45", "2026-04-04T01:50", "2026-04-03", "2026-04-06",
            ["04-03 14:45–04-03 14:50", "04-04 14:45–04-04 15:20", "04-05 15:15–04-05 15:20"],
        ),
        (
            "Australia/Lord_Howe", "2026-10-03T02:10", "2026-10-03T03:00", "2026-10-02", "2026-10-05",
            ["10-02 15:40–10-02 16:30", "10-03 15:30–10-03 16:00", "10-04 15:10–10-04 16:00"],
        ),
        # Kolkata never changes, and is half an hour off.
        (
            "Asia/Kolkata", "2026-03-28T00:00", "2026-03-28T00:30", "2026-03-27T12:00", "2026-03-29T12:00",
            ["03-27 18:30–03-27 19:00", "03-28 18:30–03-28 19:00"],
        ),
    ],
)  # fmt: skip
def test_daily_over_clock_changes(
    zone: str, start: str, end: str, begin: str, finish: str, expected: list[str]
) -> None:
    assert spans(window(start, end, zone, repeat=Repeat.DAILY), begin, finish) == expected


def test_a_day_that_a_zone_skipped() -> None:
    """Samoa had no 2011-12-30."""
    one = window("2011-12-29T10:00", "2011-12-29T11:00", "Pacific/Apia", repeat=Repeat.DAILY)
    found = one.occurrences(utc("2011-12-28"), utc("2012-01-01"))
    assert [f"{begin.astimezone(ZoneInfo('Pacific/Apia')):%m-%d}" for begin, _ in found] == ["12-29", "12-31", "01-01"]


@pytest.mark.parametrize(
    ("fields", "days"),
    [
        ({"repeat": "once"}, ["2026-01-31"]),
        ({"repeat": "monthly"}, ["2026-01-31", "2026-03-31", "2026-05-31", "2026-07-31", "2026-08-31"]),
        ({"repeat": "monthly", "interval": 2}, ["2026-01-31", "2026-03-31", "2026-05-31", "2026-07-31"]),
        ({"repeat": "monthly", "until": date(2026, 4, 1)}, ["2026-01-31", "2026-03-31"]),
        ({"repeat": "weekly", "interval": 9}, ["2026-01-31", "2026-04-04", "2026-06-06", "2026-08-08"]),
        ({"repeat": "daily", "interval": 100}, ["2026-01-31", "2026-05-11", "2026-08-19"]),
        ({"repeat": "daily", "interval": 100, "until": date(2026, 5, 11)}, ["2026-01-31", "2026-05-11"]),
    ],
)  # fmt: skip
def test_repetitions(fields: dict[str, Any], days: list[str]) -> None:
    one = window("2026-01-31T12:00", "2026-01-31T13:00", "UTC", **fields)
    found = one.occurrences(utc("2020-01-01"), utc("2026-09-15"))
    assert [f"{begin:%Y-%m-%d}" for begin, _ in found] == days


def test_the_29th_of_february() -> None:
    one = window("2024-02-29T12:00", "2024-02-29T13:00", "UTC", repeat="monthly", interval=12)
    assert [begin.year for begin, _ in one.occurrences(utc("2023-01-01"), utc("2033-01-01"))] == [2024, 2028, 2032]
    assert one.occurrence_at(utc("2032-02-29T12:30")) is not None
    assert one.occurrence_at(utc("2031-02-28T12:30")) is None


def test_ends_are_half_open() -> None:
    one = window("2026-06-01T12:00", "2026-06-01T13:00", "UTC", repeat="daily")
    assert [one.occurrence_at(utc(at)) is not None for at in (
        "2026-06-01T11:59:59", "2026-06-01T12:00", "2026-06-01T12:59:59", "2026-06-01T13:00", "2026-05-31T12:30",
        "2046-06-01T12:30",
    )] == [False, True, True, False, False, True]  # fmt: skip


def test_whom_it_concerns() -> None:
    one = window("2026-06-01T12:00", "2026-06-01T13:00", services=("db",), teams=("SRE",))
    assert [one.concerns(*pair) for pair in (("db", "x"), ("x", "SRE"), ("SRE", "db"), ("", ""))] == [
        True,
        True,
        False,
        False,
    ]


def test_around_a_skipped_and_a_repeated_hour() -> None:
    paris = ZoneInfo("Europe/Paris")
    skipped, repeated = datetime(2026, 3, 29, 2, 30), datetime(2026, 10, 25, 2, 30)
    assert first_instant(skipped, paris) == last_instant(skipped, paris) == utc("2026-03-29T01:00")
    assert (first_instant(repeated, paris), last_instant(repeated, paris)) == (
        utc("2026-10-25T00:30"),
        utc("2026-10-25T01:30"),
    )


@st.composite
def windows(draw: st.DrawFn) -> MaintenanceWindow:
    start = draw(st.datetimes(datetime(2025, 12, 1), datetime(2027, 1, 31))).replace(microsecond=0)
    repeat, interval = draw(st.sampled_from(Repeat)), draw(st.integers(1, 4))
    step = {"once": 31, "daily": 1, "weekly": 7, "monthly": 28}[repeat] * interval
    minutes = draw(st.integers(1, min(31, step) * 1440))
    until = draw(st.none() | st.dates(start.date(), date(2027, 6, 1)))
    zone = draw(st.sampled_from(ZONES))
    times = {"start": start, "end": start + timedelta(minutes=minutes), "until": until}
    return MaintenanceWindow(id=UUID(int=1), name="w", time_zone=zone, repeat=repeat, interval=interval, **times)  # type: ignore[arg-type]


_near_changes = st.sampled_from(
    [
        "2026-03-29T01:00",
        "2026-10-25T01:00",
        "2026-03-08T08:00",
        "2026-11-01T07:00",
        "2026-04-04T15:00",
        "2026-10-03T15:30",
    ]
)
_instants = st.datetimes(datetime(2025, 11, 1), datetime(2027, 6, 1), timezones=st.just(UTC)) | st.builds(
    lambda text, minutes: utc(text) + timedelta(minutes=minutes), _near_changes, st.integers(-180, 180)
)


@given(windows(), _instants, st.integers(-14, 14))
def test_at_an_instant_and_around_it_agree_in_any_zone(one: MaintenanceWindow, at: datetime, offset: int) -> None:
    around = one.occurrences(at - timedelta(days=40), at + timedelta(days=40))
    covering = [span for span in around if span[0] <= at < span[1]]
    now = one.occurrence_at(at)
    assert now in covering if covering else now is None
    elsewhere = at.astimezone(timezone(timedelta(hours=offset)))
    assert one.occurrence_at(elsewhere) == one.occurrence_at(at)
    assert one.occurrences(elsewhere, elsewhere + timedelta(days=3)) == one.occurrences(at, at + timedelta(days=3))


@given(windows(), _instants, st.integers(0, 60))
def test_laws_of_occurrences(one: MaintenanceWindow, begin: datetime, days: int) -> None:
    end = begin + timedelta(days=days)
    found = one.occurrences(begin, end)
    assert found == sorted(found)
    assert all(first < last and first < end and last > begin for first, last in found)
    wider = one.occurrences(begin - timedelta(days=70), end + timedelta(days=70))
    assert found == [span for span in wider if span[0] < end and span[1] > begin]
    zone = ZoneInfo(one.time_zone)
    for first, last in found:
        assert first.tzinfo is UTC and first.astimezone(zone).replace(tzinfo=None) >= one.start - timedelta(hours=1)
        assert abs((last - first) - (one.end - one.start)) <= timedelta(days=1)


@given(windows())
def test_the_first_is_there(one: MaintenanceWindow) -> None:
    zone = ZoneInfo(one.time_zone)
    first, last = first_instant(one.start, zone), last_instant(one.end, zone)
    if first < last:
        assert one.occurrence_at(first) == (first, last)
        assert one.occurrences(first, last)[0] == (first, last)


def test_an_interval_of_nothing_is_no_window() -> None:
    with pytest.raises(ValidationError, match="interval"):
        window("2026-03-01T02:00", "2026-03-01T04:00", repeat=Repeat.DAILY, interval=0)
