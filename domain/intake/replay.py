"""What a rule would have made different: the same recorded signals over the catalogue without it and with it."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from domain.intake.simulation import Outcome, Recorded, Simulation
from domain.intake.verdict import Fate, House, Tools

EXAMPLES = 10
_PROBLEMS = (" could not be tried: ", " of the rule: ")
"""What marks a reason that is a rule's own mistake."""

_IN_AN_INCIDENT = frozenset({Fate.NEW, Fate.ATTACHED})
_WORDS = {
    Fate.SILENCED: "silenced",
    Fate.MAINTENANCE: "kept quiet by maintenance",
    Fate.HELD: "held by a threshold",
    Fate.LATE: "too late",
    Fate.DROPPED: "dropped",
    Fate.RESOLVED: "back to normal",
    Fate.ACKNOWLEDGED: "an acknowledgement",
    Fate.NOTED: "a note",
}
JOINS = "part of an incident"


class _Result(BaseModel):
    model_config = ConfigDict(frozen=True)


class Side(_Result):
    """What the signals come to, without the rule or with it."""

    incidents: int
    fates: dict[Fate, int]
    """How many alerts came to which end."""

    @property
    def dropped(self) -> int:
        return self.fates.get(Fate.DROPPED, 0)


class Change(_Result):
    """One kind of difference, and how often it occurs."""

    what: Literal["service", "severity", "fate", "incidents"]
    before: str
    after: str
    count: int
    text: str
    """As a person says it."""
    alerts: tuple[UUID, ...] = ()
    """Some that it is about."""


class Difference(_Result):
    """What the rule changes."""

    alerts: int
    """How many were looked at."""
    changed: int
    """How many of them are not treated as before."""
    before: Side
    after: Side
    changes: tuple[Change, ...]
    """The most frequent of a kind first."""
    problems: dict[str, int]
    """Rules that could not be tried on some alerts, and why."""


class Comparison:
    """Two simulations side by side; feed it signals in the order in which they were received."""

    def __init__(self, before: House, after: House, tools: Tools, inhibit_seconds: float = 0) -> None:
        self._before = Simulation(before, tools, inhibit_seconds)
        self._after = Simulation(after, tools, inhibit_seconds)
        self._pairs: list[tuple[UUID, Outcome, Outcome]] = []
        self._problems: Counter[str] = Counter()

    def add(self, recorded: Iterable[Recorded]) -> None:
        """Feed the next signals to both."""
        for one in recorded:
            before, after = self._before.feed(one), self._after.feed(one)
            self._pairs.append((one.id, _slim(before), _slim(after)))
            self._problems.update(reason for reason in after.reasons if any(words in reason for words in _PROBLEMS))

    def result(self) -> Difference:
        """What differs."""
        pairs = [(id, _final(self._before, id, a), _final(self._after, id, b)) for id, a, b in self._pairs]
        singles = [*_changes(pairs, "service"), *_changes(pairs, "severity"), *_changes(pairs, "fate")]
        groups = _groups(pairs)
        moved = {id for _, ids in groups.values() for id in ids}
        moved |= {id for id, a, b in pairs if _said(a) != _said(b)}
        return Difference(
            alerts=len(pairs),
            changed=len(moved),
            before=_side(self._before, [a for _, a, _ in pairs]),
            after=_side(self._after, [b for _, _, b in pairs]),
            changes=(*singles, *_group_changes(groups)),
            problems=dict(self._problems.most_common(20)),
        )


def replay(recorded: Iterable[Recorded], before: House, after: House, tools: Tools) -> Difference:
    """What differs between two states of the catalogue over the same signals.

    Args:
        recorded: in the order in which they were received.
        before: the catalogue without the rule.
        after: the catalogue with it.
        tools: the expression language and the regular expressions.
    """
    comparison = Comparison(before, after, tools)
    comparison.add(recorded)
    return comparison.result()


def _slim(outcome: Outcome) -> Outcome:
    """Without the reasons, of which tens of thousands would be kept."""
    return Outcome(outcome.service, outcome.severity, outcome.fate, outcome.incident, ())


def _final(simulation: Simulation, id: UUID, outcome: Outcome) -> Outcome:
    """What was held joined its incident when that was opened."""
    number = simulation.released.get(id)
    if outcome.fate is not Fate.HELD or number is None:
        return outcome
    return Outcome(outcome.service, outcome.severity, Fate.ATTACHED, number, ())


def _side(simulation: Simulation, outcomes: list[Outcome]) -> Side:
    return Side(incidents=simulation.incidents, fates=dict(Counter(outcome.fate for outcome in outcomes)))


def _end(fate: Fate) -> str:
    """Whether it is the first or a later alert of its incident is the incident's matter."""
    return JOINS if fate in _IN_AN_INCIDENT else _WORDS.get(fate, fate.value)


def _said(outcome: Outcome) -> tuple[str, str, str]:
    return outcome.service, outcome.severity.value, _end(outcome.fate)


def _changes(pairs: list[tuple[UUID, Outcome, Outcome]], what: Literal["service", "severity", "fate"]) -> list[Change]:
    number = ("service", "severity", "fate").index(what)
    found: defaultdict[tuple[str, str], list[UUID]] = defaultdict(list)
    for id, before, after in pairs:
        was, is_now = _said(before)[number], _said(after)[number]
        if was != is_now:
            found[was, is_now].append(id)
    changes = []
    for (was, is_now), ids in sorted(found.items(), key=lambda one: (-len(one[1]), one[0])):
        text = f"{_many(len(ids), 'alert')} {_verb(what, len(ids), was, is_now)}"
        changes.append(
            Change(what=what, before=was, after=is_now, count=len(ids), text=text, alerts=tuple(ids[:EXAMPLES]))
        )
    return changes


def _verb(what: str, count: int, was: str, is_now: str) -> str:
    one = count == 1
    match what:
        case "service":
            return f"{'moves' if one else 'move'} from {was} to {is_now}"
        case "severity":
            return f"{'changes' if one else 'change'} from {was} to {is_now}"
        case _:
            return f"{'is' if one else 'are'} {is_now} instead of {was}"


_Groups = dict[int, tuple[tuple[int, int], list[UUID]]]


def _groups(pairs: list[tuple[UUID, Outcome, Outcome]]) -> _Groups:
    """Incidents that share alerts, as so many without the rule and so many with it, where these differ or mix."""
    parent: dict[tuple[str, int], tuple[str, int]] = {}

    def root(node: tuple[str, int]) -> tuple[str, int]:
        parent.setdefault(node, node)
        while parent[node] != node:
            parent[node] = node = parent[parent[node]]
        return node

    members: list[tuple[UUID, tuple[str, int]]] = []
    for id, before, after in pairs:
        nodes = [
            (side, outcome.incident)
            for side, outcome in (("before", before), ("after", after))
            if outcome.incident is not None and outcome.fate in _IN_AN_INCIDENT
        ]
        for node in nodes:
            parent[root(node)] = root(nodes[0])
        members += [(id, node) for node in nodes[:1]]
    counts: defaultdict[tuple[str, int], Counter[str]] = defaultdict(Counter)
    for node in list(parent):
        counts[root(node)][node[0]] += 1
    alerts: defaultdict[tuple[str, int], list[UUID]] = defaultdict(list)
    for id, node in members:
        alerts[root(node)].append(id)
    sides = ((group, (count["before"], count["after"])) for group, count in counts.items())
    return {number: (side, alerts[group]) for number, (group, side) in enumerate(sides) if side != (1, 1)}


def _group_changes(groups: _Groups) -> list[Change]:
    """Groups of the same kind are told together: those that merge, that split, that vanish, that are new."""
    found: dict[str, tuple[int, int, list[UUID]]] = {}
    for (before, after), ids in groups.values():
        kind = "fewer" if before > after else "more" if before < after else "other"
        kind = "gone" if after == 0 else "new" if before == 0 else kind
        was, is_now, known = found.get(kind, (0, 0, []))
        found[kind] = (was + before, is_now + after, known + ids)
    changes = []
    for kind, (was, is_now, ids) in sorted(found.items()):
        match kind:
            case "gone":
                text = f"{_many(was, 'incident')} {'is' if was == 1 else 'are'} not opened any more"
            case "new":
                text = f"{_many(is_now, 'incident')} {'is' if is_now == 1 else 'are'} new"
            case "other":
                text = f"{_many(was, 'incident')} {'shares its' if was == 1 else 'share their'} alerts in another way"
            case _:
                text = f"{_many(was, 'incident')} {'becomes' if was == 1 else 'become'} {is_now}"
        count = max(was, is_now)
        examples = tuple(ids[:EXAMPLES])
        changes.append(
            Change(what="incidents", before=str(was), after=str(is_now), count=count, text=text, alerts=examples)
        )
    return changes


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
