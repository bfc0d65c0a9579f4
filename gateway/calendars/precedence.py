"""One line of duty out of levels of which each covers those below it, as Grafana OnCall reads `[L1]` and `[L2]`."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import datetime

from domain.schedule.schedule import Span
from domain.schedule.windows import Window, joined
from gateway.calendars.reading import Reading


def covering(reading: Reading) -> tuple[Span, ...]:
    """Who is on call when of overlapping spans the one with the highest level counts; without one, a span counts as 0.

    Spans of the same level stay side by side. Pieces are in order of time.
    """
    result: list[Span] = []
    covered: list[Window] = []
    levels = {**reading.levels, 0: (*reading.spans, *reading.levels.get(0, ()))}
    for level in sorted(levels, reverse=True):
        ends = [end for _, end in covered]
        result += [piece for span in levels[level] for piece in _uncovered(span, covered, ends)]
        covered = joined([*covered, *((span.start, span.end) for span in levels[level])])
    return tuple(sorted(result, key=lambda span: (span.start, span.end, span.users)))


def _uncovered(span: Span, covered: Sequence[Window], ends: list[datetime]) -> Iterator[Span]:
    """The pieces of a span outside of what is covered: windows in order, none touching the next, and their ends."""
    start = span.start
    for number in range(bisect_right(ends, start), len(covered)):
        begin, end = covered[number]
        if begin >= span.end:
            break
        if begin > start:
            yield span.model_copy(update={"start": start, "end": begin})
        start = end
    if start < span.end:
        yield span if start == span.start else span.model_copy(update={"start": start})
