"""A rule on one alert: whether it holds, what it sees, and what is different with it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from api.formats import ALIASES, FORMATS, Unreadable
from api.problems import Problem
from db.house import find_source, source_value
from db.recorded import recorded_alert
from domain.intake.rule import ExpressionError, Rule
from domain.intake.signal import Signal
from domain.intake.source import Source
from domain.intake.verdict import House, Verdict, decide, facts_of
from domain.severity import Severity
from gateway.intake.expressions import TOOLS

MOST_TRIED = 20
"""Alerts of one body on which a rule is tried."""


class Seen(BaseModel):
    """What becomes of an alert, without looking at what is open."""

    action: str
    service: str
    service_name: str
    """As the alert names it."""
    severity: Severity
    title: str
    labels: dict[str, str]
    key: str
    window_seconds: int | None
    fate: str | None
    """`dropped`, `silenced`, `maintenance`; null when it goes on to incidents."""
    reasons: list[str]


class One(BaseModel):
    """A rule on one alert."""

    holds: bool
    decides: bool
    """Whether it is the one that is applied: the first that holds."""
    problem: str | None
    """Why it could not be tried, or does not apply."""
    facts: dict[str, Any]
    before: Seen
    after: Seen


class Trial(One):
    """The first alert's, and those of the others in the same body."""

    others: list[One]


async def trials_of(
    session: AsyncSession, rule: Rule, houses: tuple[House, House], alert: UUID | None, source: str | None, body: Any
) -> Trial:
    """Try a rule on a recorded alert, or on what a sender would send.

    Args:
        session: of the database.
        rule: the rule.
        houses: the catalogue without it and with it.
        alert: the recorded alert.
        source: otherwise a format, or a source by name or id.
        body: what it sends.

    Raises:
        Problem: there is no such alert or source, or the body cannot be read.
    """
    note = None
    if alert is not None:
        recorded = await recorded_alert(session, alert)
        if recorded is None:
            raise Problem(404, f"There is no alert {alert}")
        sender, now = recorded.source, recorded.received_at
        signals: Sequence[Signal] = [recorded.signal]
        note = None if recorded.governed else "it came by POST /incidents/, where rules do not apply"
    else:
        sender = await _sender(session, source or "")
        signals, now = _read(sender.kind, body), datetime.now(UTC)
    ones = [_one(rule, signal, sender, houses, now, note) for signal in signals[:MOST_TRIED]]
    return Trial(**ones[0].model_dump(), others=ones[1:])


async def _sender(session: AsyncSession, reference: str) -> Source:
    kind = ALIASES.get(reference, reference)
    if kind in FORMATS:
        return Source(name=kind, kind=kind)
    row = await find_source(session, reference)
    if row is None or row.kind not in FORMATS:
        formats = ", ".join(sorted(set(FORMATS) - set(ALIASES)))
        raise Problem.of_field("source", f"there is no format or source '{reference}'; formats are: {formats}")
    return source_value(row)


def _read(kind: str, body: Any) -> Sequence[Signal]:
    try:
        signals = FORMATS[kind](body, {})
    except Unreadable as error:
        raise Problem.of_field(f"body.{error.field}", str(error)) from error
    if not signals:
        raise Problem.of_field("body", "there is no alert in it")
    return signals


def _one(
    rule: Rule, signal: Signal, source: Source, houses: tuple[House, House], now: datetime, note: str | None
) -> One:
    facts = facts_of(signal, source)
    holds, problem = False, note
    if rule.source_id is not None and rule.source_id != source.id:
        problem = "the rule is for alerts of another source"
    else:
        try:
            holds = rule.holds(facts, TOOLS.evaluate)
        except ExpressionError as error:
            problem = str(error)
    before, after = (decide(signal, source, house, now, TOOLS) for house in houses)
    decides = holds and f"rule '{rule.name}'" in after.reasons
    return One(
        holds=holds, decides=decides, problem=problem, facts=dict(facts), before=_seen(before), after=_seen(after)
    )


def _seen(verdict: Verdict) -> Seen:
    return Seen(
        action=verdict.signal.action.value,
        service=verdict.service.name,
        service_name=verdict.alert.service_name,
        severity=verdict.alert.severity,
        title=verdict.alert.title,
        labels=verdict.alert.labels,
        key=verdict.key.text,
        window_seconds=verdict.key.window_seconds,
        fate=verdict.fate.value if verdict.fate else None,
        reasons=list(verdict.reasons),
    )
