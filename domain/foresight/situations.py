"""Who would be told at any instant of a span of time: the plan of each distinct situation, made once.

Who is told changes only when a duty begins or ends, somebody leaves or comes back, or hours of a condition open or
close. Between two such instants every incident is told alike, and so is one of next week when the same people are on
call: a plan is made for each distinct situation, not for each instant.
"""

from bisect import bisect_right
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from domain.catalogue import Catalogue
from domain.condition import Condition
from domain.directory import Directory, Duty
from domain.hours import Hours
from domain.organisation import MOST_DUTIES, directory_of
from domain.policy import Policy, Step
from domain.severity import Severity
from domain.target import NextOnCall, OnCall
from domain.wall_clock import first_instant, zone_of

CHUNK = timedelta(days=25)
"""For so long incidents may begin that one directory is for: it knows who is on call for the policy's length after."""
SHORTEST = timedelta(days=1)
MOST_OFFSETS = 64

Signature = tuple[int, ...]


class Moment(NamedTuple):
    """From `start` to `end`, UTC, every incident that begins is told alike, by the directory."""

    start: datetime
    end: datetime
    first: int
    """The same for moments at which the same people answer for the first rung."""
    signature: Signature
    """The same for moments in which the same people are on call for as long as matters."""
    directory: Directory
    wait: timedelta
    """How long an incident of its start is held back by working hours."""


class Span:
    """A part of the span of time with the directory that knows it."""

    def __init__(self, start: datetime, end: datetime, directory: Directory) -> None:
        self.start, self.end, self.directory = start, end, directory
        tables: dict[tuple[str, int], list[Duty]] = {}
        for name, duties in directory.duties.items():
            for duty in duties:
                tables.setdefault((name, duty.level), []).append(duty)
        self._tables = [([duty.start for duty in duties], duties) for duties in tables.values()]
        self._names = tuple(tables)
        self._leaving = [(email, reach) for email, reach in directory.reach.items() if reach.days_away]

    def on_duty(self, at: datetime) -> tuple[tuple[tuple[str, int], tuple[str, ...]], ...]:
        """Who is on call by each schedule and level; duties of one level do not overlap."""
        found = []
        for name, (starts, duties) in zip(self._names, self._tables, strict=True):
            last = bisect_right(starts, at) - 1
            if last >= 0 and duties[last].end > at:
                found.append((name, duties[last].users))
        return tuple(found)

    def away(self, at: datetime) -> tuple[str, ...]:
        """Who is away."""
        return tuple(email for email, reach in self._leaving if reach.away_until(at))


class Situations:
    """The distinct situations of one team under one policy."""

    def __init__(self, catalogue: Catalogue, team: str, policy: Policy, since: datetime, until: datetime) -> None:
        """Look ahead.

        Args:
            catalogue: all of it.
            team: the team that owns the incidents.
            policy: by which they climb.
            since: the first instant at which an incident may begin, UTC.
            until: the end of what is looked at, UTC.
        """
        self.policy = policy
        self._known: dict[object, int] = {}
        self._first_known: dict[object, int] = {}
        self._first: dict[int, int] = {}
        first = policy.steps[0]
        targets = first.targets if isinstance(first, Step) else ()
        self._first_asked = {(t.schedule, t.level) for t in targets if isinstance(t, OnCall | NextOnCall)}
        self.spans = list(_spans(catalogue, team, policy, since, until))
        self.directory = self.spans[0].directory
        self._moments: dict[timedelta, list[Moment]] = {}
        self.reached_at_once: dict[int, bool] = {}
        """By `Moment.first`, whether the first rung alone reaches somebody."""

    def moments(self, within: timedelta) -> list[Moment]:
        """The span of time in pieces in which it makes no difference when an incident begins.

        Args:
            within: how far the plan of an incident matters.
        """
        if within not in self._moments:
            self._moments[within] = list(self._cut(within))
        return self._moments[within]

    def _cut(self, within: timedelta) -> Iterator[Moment]:
        offsets = _offsets(self.policy, within)
        hours = self.policy.working_hours if holds_back(self.policy) else None
        for span in self.spans:
            edges = _edges(span, self.policy, within)
            states = [self._state(at, span) for at in edges]
            cuts = {span.start} | {edge - offset for edge in edges for offset in offsets}
            starts = [cut for cut in sorted(cuts) if span.start <= cut < span.end]
            for start, end in zip(starts, [*starts[1:], span.end], strict=True):
                zone = span.directory.time_zone
                wait = hours.next_opening(start, hours.zone or zone) - start if hours else timedelta(0)
                held = [wait + offset for offset in offsets if wait + offset <= within] if wait else []
                signature = tuple(states[bisect_right(edges, start + offset) - 1] for offset in (*offsets, *held))
                yield Moment(start, end, self._first[signature[0]], signature, span.directory, wait)

    def distinct(self) -> Iterator[tuple[datetime, Directory]]:
        """One instant of each distinct situation, with the directory that knows it."""
        seen: dict[int, None] = {}
        for span in self.spans:
            for at in _edges(span, self.policy, timedelta(0)):
                state = self._state(at, span)
                if at < span.end and state not in seen:
                    seen[state] = None
                    yield at, span.directory

    def _state(self, at: datetime, span: Span) -> int:
        """A number for who is on call, away, and which hours are open, at an instant."""
        directory = span.directory
        coming = []
        for target in self.policy.targets():
            schedule = (target.schedule or directory.schedule) if isinstance(target, NextOnCall) else None
            if isinstance(target, NextOnCall) and schedule:
                coming.append(directory.next_on_duty(schedule, target.level, at))
        open_hours = tuple(hours.contain(at, zone) for hours, zone in _hours(directory, self.policy))
        on_duty, away = span.on_duty(at), span.away(at)
        number = self._known.setdefault((on_duty, tuple(coming), away, open_hours), len(self._known))
        if number not in self._first:
            asked = {(schedule or directory.schedule, level) for schedule, level in self._first_asked}
            answering = tuple(one for one in on_duty if one[0] in asked)
            first = (answering, tuple(coming), away, open_hours)
            self._first[number] = self._first_known.setdefault(first, len(self._first_known))
        return number


def _spans(catalogue: Catalogue, team: str, policy: Policy, since: datetime, until: datetime) -> Iterator[Span]:
    start, length = since, CHUNK
    while start < until:
        end = min(start + length, until)
        directory = directory_of(catalogue, team, policy, start, end)
        if sum(map(len, directory.duties.values())) >= MOST_DUTIES and length > SHORTEST:
            length /= 2  # a directory holds so many at most: those of the end may be missing
            continue
        yield Span(start, end, directory)
        start = end


def _edges(span: Span, policy: Policy, within: timedelta) -> list[datetime]:
    """Every instant at which who is told may change, from the span's start until its end and so long after it."""
    directory, until = span.directory, span.end + within
    instants = {span.start}
    for duties in directory.duties.values():
        for duty in duties:
            instants |= {duty.start, duty.end}
    for reach in directory.reach.values():
        for absence in reach.days_away:
            instants |= {absence.start, absence.end}
    for hours, zone in _hours(directory, policy):
        instants.update(_openings(hours, zone, span.start, until))
    return [at for at in sorted(instants) if span.start <= at <= until]


def holds_back(policy: Policy) -> bool:
    """Whether incidents that page by their severity wait for the policy's working hours."""
    return any(severity.climbs and policy.waits(severity) for severity in Severity)


def _hours(directory: Directory, policy: Policy) -> list[tuple[Hours, str]]:
    """The hours of all conditions, with the zones whose clocks count; the working hours that hold pages back."""
    conditions: list[Condition] = [rung.when for rung in policy.steps] + [route.when for route in directory.routes]
    zones = dict.fromkeys([directory.time_zone, *(reach.time_zone for reach in directory.reach.values())])
    found: dict[tuple[Hours, str], None] = {}
    if policy.working_hours and holds_back(policy):
        found[policy.working_hours, policy.working_hours.zone or directory.time_zone] = None
    for hours in (one for when in conditions for one in (when.hours, when.outside_hours) if one):
        own = (hours.zone,) if hours.zone else tuple(zones) if hours.of_person else (directory.time_zone,)
        found.update(dict.fromkeys((hours, zone) for zone in own))
    return list(found)


def _openings(hours: Hours, zone: str, since: datetime, until: datetime) -> Iterator[datetime]:
    """When they open and close, by the clocks of a zone."""
    info = zone_of(zone)
    day = since.astimezone(info).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None) - timedelta(days=1)
    while day.date() <= until.astimezone(info).date():
        for clock in (hours.from_, hours.until):
            yield first_instant(day + timedelta(hours=int(clock[:2]), minutes=int(clock[3:])), info)
        day += timedelta(days=1)


def _offsets(policy: Policy, within: timedelta) -> list[timedelta]:
    """How long after an incident's beginning a rung may fire: what follows an empty one moves up by its wait.

    Where incidents wait for working hours, those rungs count from the opening: so long before it an incident may begin
    that is still told in time.
    """
    rungs = [0, *(rung.after_seconds for rung in policy.steps)]
    ladder = [later - earlier for earlier, later in pairwise(rungs)]
    again = [policy.repeat_seconds, *(ladder if policy.repeat == "all" else ())]
    sums, limit = {0}, within.total_seconds()
    for wait in [*ladder, *again * (policy.max_rounds - 1)]:
        sums |= {seconds + wait for seconds in sums if seconds + wait <= limit}
        if len(sums) > MOST_OFFSETS:
            break
    some = sorted(sums)[:MOST_OFFSETS]
    before = {limit - seconds for seconds in some} if holds_back(policy) else set()
    return [timedelta(seconds=seconds) for seconds in sorted({*some, *before})]
