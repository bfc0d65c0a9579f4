"""One line of duty out of levels of which each covers those below it, as Grafana OnCall reads `[L1]` and `[L2]`."""

from collections.abc import Iterable

from domain.schedule.schedule import Span
from gateway.calendars.reading import Reading


def covering(reading: Reading) -> tuple[Span, ...]:
    """Who is on call when of overlapping spans the one with the highest level counts; without one, a span counts as 0.

    Spans of the same level stay side by side. Pieces are in order of time.
    """
    result: list[Span] = []
    covered: list[Span] = []
    groups = [(0, reading.spans), *reading.levels.items()]
    for level in sorted({level for level, _ in groups}, reverse=True):
        spans = [span for number, group in groups if number == level for span in group]
        result += [piece for span in spans for piece in _uncovered(span, covered)]
        covered += spans
    return tuple(sorted(result, key=lambda span: (span.start, span.end, span.users)))


def _uncovered(span: Span, covers: Iterable[Span]) -> list[Span]:
    """The pieces of a span in which no other one is."""
    pieces: list[Span] = []
    start = span.start
    for cover in sorted(covers, key=lambda cover: cover.start):
        if cover.end <= start or cover.start >= span.end:
            continue
        if cover.start > start:
            pieces.append(span.model_copy(update={"start": start, "end": cover.start}))
        start = max(start, cover.end)
    if start < span.end:
        pieces.append(span.model_copy(update={"start": start}))
    return pieces
