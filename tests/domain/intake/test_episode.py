"""Which episode a signal is about, when senders repeat themselves and out of order."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.intake.episode import LATE_FOR, History


def at(minute: float) -> datetime:
    """So many minutes after ten."""
    return datetime(2026, 11, 21, 10, tzinfo=UTC) + timedelta(minutes=minute)


OVER = History(started_at=at(0), over_started_at=at(0), over_at=at(20))
"""It fired at 10:00, and its end was heard at 10:20."""


@pytest.mark.parametrize(
    ("start", "heard", "late"),
    [
        (0, 20, True),
        (-5, 34.9, True),
        (0, 35, False),
        (0, 240, False),
        (0.1, 21, False),
    ],
)
def test_what_is_over_is_not_opened_again_by_its_own_past_but_is_not_over_for_ever(
    start: float, heard: float, late: bool
) -> None:
    assert OVER.comes_late(at(start), at(heard)) is late


@pytest.mark.parametrize(("start", "late"), [(-5, True), (0, True), (0.1, False)])
def test_a_start_that_never_comes_again_is_over_for_ever(start: float, late: bool) -> None:
    assert OVER.comes_late(at(start), at(50_000), starts_once=True) is late


def test_senders_who_say_no_start_are_never_late() -> None:
    assert not OVER.comes_late(None, at(20))
    assert not History(over_at=at(20)).comes_late(at(0), at(20))
    assert not History().comes_late(at(0), at(20))


RUNS = History(started_at=at(6))
"""It fires since 10:06; of an end before nobody was told."""


@pytest.mark.parametrize(
    ("known", "start", "end", "before"),
    [
        (RUNS, 0, 5, True),
        (RUNS, 0, 6, True),
        (RUNS, 0, None, True),
        (RUNS, 0, 20, False),  # the other half of a pair saw it begin sooner
        (RUNS, 6, 6, False),
        (RUNS, 6, 20, False),
        (RUNS, 6, None, False),
        (RUNS, 7, None, False),
        (RUNS, None, None, False),
        (RUNS, None, 5, True),
        (RUNS, None, 6, False),
        (History(), 0, 5, False),
        (replace(OVER, started_at=at(30)), 0, 20, True),
        (replace(OVER, started_at=at(30)), 0, None, True),
        (replace(OVER, started_at=at(30)), 30, 31, False),
        (OVER, 0, 20, True),  # it fires again by the same start, and the end is told once more
        (OVER, 0, 60, False),
        (OVER, 0, None, False),
    ],
)
def test_ends_of_episodes_before_the_one_that_fires(
    known: History, start: float | None, end: float | None, before: bool
) -> None:
    started_at, ended_at = (None if minute is None else at(minute) for minute in (start, end))
    assert known.ended_before(started_at, ended_at) is before


def test_its_start_is_the_latest_that_was_heard_of() -> None:
    assert RUNS.fires(at(0), was_firing=True).started_at == at(6)
    assert RUNS.fires(at(0), was_firing=False).started_at == at(0)
    assert RUNS.fires(None, was_firing=True).started_at == at(6)
    assert RUNS.over_with(at(0)) == at(6)
    assert RUNS.over_with(None) == at(6)
    assert History().over_with(None) is None


_minutes = st.integers(0, 60).map(at)


@given(_minutes, st.none() | _minutes, st.none() | _minutes)
def test_the_end_of_what_fires_is_never_taken_for_an_older_one(
    start: datetime, over_started_at: datetime | None, over_at: datetime | None
) -> None:
    fires = History(over_started_at=over_started_at, over_at=over_at).fires(start, was_firing=False)
    assert not fires.ended_before(None, None)
    if over_started_at is None or start > over_started_at:
        assert not fires.ended_before(start, start)
    if over_at is None or not fires.comes_late(start, over_at + LATE_FOR):
        assert not fires.ended_before(start, (over_at or start) + LATE_FOR)
