"""Who is on call, by the rules alone: at an instant, and for three months of a hundred schedules."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any

from domain.schedule.schedule import Layer, Restriction, Rotation, Schedule
from domain.schedule.shifts import on_call_users, shifts
from tests.bench.result import Result

SCHEDULES, DAYS, QUESTIONS, TIMES = 100, 90, 200, 3
ZONES = ("Europe/Paris", "America/Chicago", "Australia/Lord_Howe", "Asia/Kolkata")
STARTED = datetime(2016, 1, 4, 8, tzinfo=UTC)
ASKED = datetime(2026, 2, 1, tzinfo=UTC)
"""So that the three months have a clock change in each zone that knows any."""
PEOPLE = tuple((f"person{number}@example.com",) for number in range(6))


def measure() -> Result:
    """Microseconds for a question, seconds for the shifts of all; each the best of some, as others use the machine."""
    schedules = [schedule(number) for number in range(SCHEDULES)]
    fair = schedule(0, assignment="fair")
    on_call_users(fair, ASKED)  # deals out ten years of turns, once
    rows = [
        _row("on call at an instant, three layers", "µs", 1e6 / QUESTIONS, lambda: _ask(schedules[0])),
        _row("the same, ten years dealt out fairly", "µs", 1e6 / QUESTIONS, lambda: _ask(fair)),
        _row(f"shifts of {DAYS} days, {SCHEDULES} schedules", "s", 1, lambda: _lay_out(schedules)),
    ]
    return Result("schedules", "Schedules, in the rules", rows)


def schedule(number: int, **fields: Any) -> Schedule:
    """Three layers: by weeks, by days in working hours, and a backup by half days."""
    rotation = {"participants": PEOPLE, "start": STARTED, **fields}
    office = Restriction(weekdays=("mon", "tue", "wed", "thu", "fri"), from_="09:00", until="17:00")
    layers = (
        Layer(name="weeks", rotations=(Rotation(kind="weekly", **rotation),)),
        Layer(name="days", rotations=(Rotation(kind="daily", restrictions=(office,), **rotation),)),
        Layer(name="backup", level=2, rotations=(Rotation(kind="hourly", interval=12, **rotation),)),
    )
    return Schedule(name=f"schedule {number}", time_zone=ZONES[number % len(ZONES)], layers=layers)


def _ask(one: Schedule) -> None:
    for number in range(QUESTIONS):
        on_call_users(one, ASKED + number * timedelta(hours=7))


def _lay_out(schedules: list[Schedule]) -> None:
    for one in schedules:
        shifts(one, ASKED, ASKED + timedelta(days=DAYS))


def _row(what: str, unit: str, scale: float, run: Callable[[], None]) -> dict[str, Any]:
    seconds = []
    for _ in range(TIMES):
        begin = perf_counter()
        run()
        seconds.append(perf_counter() - begin)
    return {"what": what, "unit": unit, "best": min(seconds) * scale, "worst": max(seconds) * scale}
