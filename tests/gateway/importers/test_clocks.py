"""Windows, turns and zones of other products in the catalogue's terms."""

from datetime import UTC, datetime

import pytest

from domain.hours import WEEKDAYS
from gateway.importers.clocks import either, hours, length_of, same_clocks


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(604_800, ("weekly", 1)), (1_209_600, ("weekly", 2)), (86_400, ("daily", 1)), (3 * 86_400, ("daily", 3)),
     (43_200, ("hourly", 12)), (3600, ("hourly", 1)), (5400, None), (0, None)],
)  # fmt: skip
def test_turns_of_whole_hours_days_or_weeks(seconds: int, expected: tuple[str, int] | None) -> None:
    assert length_of(seconds) == expected


@pytest.mark.parametrize(
    ("days", "start", "minutes", "expected"),
    [
        (WEEKDAYS, 480, 720, ["mon tue wed thu fri sat sun 08:00-20:00"]),
        (WEEKDAYS, 1200, 720, ["mon tue wed thu fri sat sun 20:00-08:00"]),
        (("sat", "sun"), 0, 1440, ["sat sun 00:00-24:00"]),
        (("sun", "mon"), 540, 1440, ["mon sun 09:00-09:00"]),
        (("sat",), 0, 2880, ["sat 00:00-24:00", "sun 00:00-24:00"]),
        (("fri",), 1110, 3690, ["fri 18:30-24:00", "sat 00:00-24:00", "sun 00:00-24:00", "mon 00:00-08:00"]),
        (WEEKDAYS, 480, 1440, []),
        (("mon",), 480, 10_080, []),
    ],
)
def test_windows_longer_than_a_day_are_cut_at_midnight(
    days: tuple[str, ...], start: int, minutes: int, expected: list[str]
) -> None:
    found = hours(days, start, minutes)  # type: ignore[arg-type]
    assert [f"{' '.join(one.weekdays)} {one.from_}-{one.until}" for one in found] == expected


def test_a_window_that_is_always_open_makes_the_others_idle() -> None:
    some = hours(("mon",), 0, 60)
    assert either([some, some]) == (*some, *some)
    assert either([some, ()]) == () == either([])


def test_zones_with_the_same_clocks() -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    assert same_clocks("Europe/Paris", "Europe/Berlin", now)
    assert not same_clocks("Europe/Paris", "Europe/London", now)
    assert not same_clocks("America/Phoenix", "America/Denver", now)  # the same in winter alone
