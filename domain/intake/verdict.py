"""What becomes of a signal, as far as it can be said without looking at what is open: the one path of every door.

rules → service and severity → silence or maintenance → correlation key. What the database knows (an open incident,
a threshold's count, an alert that comes late) is decided after this, in the intake's transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain.alert import Alert
from domain.intake.correlation import Key, fingerprint_key, key_of
from domain.intake.maintenance import MaintenanceWindow
from domain.intake.quiet import Facts as QuietFacts
from domain.intake.quiet import Search, Silence
from domain.intake.rule import Choice, Evaluate, ExpressionError, Facts, Rule, Then, value_of
from domain.intake.signal import Action, Signal, line
from domain.intake.source import Source, Treatment
from domain.severity import DEFAULT_WORDS, LEVELS, Severity, from_word

SERVICE_LABELS = ("service", "service_name", "app", "job")
"""Which label names the service, in this order (CONTRACT)."""

COMMANDING_KINDS = frozenset({"pagerduty", "opsgenie"})
"""Formats in which people and tools command, beside reporting what they see."""

MAX_CHOSEN = 5000
"""Characters of a text that a rule sets; what has a smaller limit is cut further."""


class Fate(StrEnum):
    """What became of an alert."""

    NEW = "new"
    ATTACHED = "attached"
    RESOLVED = "resolved"
    ACKNOWLEDGED = "acknowledged"
    NOTED = "noted"
    SILENCED = "silenced"
    MAINTENANCE = "maintenance"
    HELD = "held"
    LATE = "late"
    DROPPED = "dropped"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class ServiceFact:
    """What intake knows of a service."""

    id: UUID
    name: str
    team: str
    depends_on: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class House:
    """All that the catalogue says about alerts, at one instant."""

    services: Mapping[str, ServiceFact]
    unknown: ServiceFact
    """Where alerts of services go that nobody knows."""
    rules: tuple[Rule, ...] = ()
    silences: tuple[Silence, ...] = ()
    maintenance: tuple[MaintenanceWindow, ...] = ()
    window_seconds: int = 300
    """How long a `service+severity` key absorbs."""


@dataclass(frozen=True, slots=True)
class Tools:
    """The libraries that the rules need, passed in."""

    evaluate: Evaluate
    matches: Search


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be done with a signal."""

    signal: Signal
    source: Source
    alert: Alert
    service: ServiceFact
    key: Key
    identity: str
    """Names this alert among all others, over repetitions."""
    treatment: Treatment
    fate: Fate | None = None
    """Set when it opens and joins nothing: silenced, maintenance, dropped."""
    quiet_until: datetime | None = None
    reasons: tuple[str, ...] = field(default=())
    received: Signal = field(default=Signal())
    """The signal before rules changed it: what is kept, for rules must not be applied to their own results."""

    @property
    def own_key(self) -> str | None:
        """The correlation key when it names this alert alone: under any other, an incident may be somebody else's."""
        own = fingerprint_key(self.source, self.alert)
        return own if own == self.key.text else None

    @property
    def is_command(self) -> bool:
        """A sender's own acknowledge and resolve act whatever `auto_resolve` says (CONTRACT)."""
        return self.source.kind in COMMANDING_KINDS


def decide(signal: Signal, source: Source, house: House, now: datetime, tools: Tools) -> Verdict:
    """The verdict on one signal.

    Args:
        signal: what the adapter made of the body.
        source: who sent it.
        house: the catalogue.
        now: UTC.
        tools: the expression language and the regular expressions.
    """
    facts = facts_of(signal, source)
    rule, reasons = _first_rule(facts, source, house.rules, tools.evaluate)
    choice = rule.set if rule else Choice()
    chosen, wrong = _chosen(choice, facts, tools.evaluate)
    reasons += wrong
    if rule:
        reasons.insert(0, f"rule '{rule.name}'")
    received, signal = signal, _changed(signal, chosen)
    treatment = _treatment(source, choice)
    alert, service = _alert(signal, source, chosen, house)
    known = service is not house.unknown
    key = key_of(alert, service.id, source, treatment.correlation, chosen.get("key"), known, house.window_seconds)
    fate, quiet_until = None, None
    if rule and rule.then is Then.DROP and signal.action is Action.TRIGGER:  # what fired before must hear its end
        fate = Fate.DROPPED
    elif signal.action is Action.TRIGGER:
        word = signal.severity or ""
        fate, quiet_until, why = quiet(alert, word, service, source, house, now, tools.matches)
        reasons += why
    identity = f"{source.scope}{received.identity}"
    return Verdict(
        signal, source, alert, service, key, identity, treatment, fate, quiet_until, tuple(reasons), received
    )


def facts_of(signal: Signal, source: Source) -> Facts:
    """What a rule may look at."""
    return {
        "action": signal.action.value,
        "title": signal.title,
        "description": signal.description,
        "severity": severity_of(signal, source).value,
        "word": signal.severity or "",
        "service": source.settings.service_name or named_service(signal) or "",
        "labels": signal.labels,
        "fingerprint": signal.fingerprint or "",
        "source": source.name,
        "kind": source.kind,
        "raw": signal.raw,
    }


def severity_of(signal: Signal, source: Source) -> Severity:
    """What the sender's word means: by the source's own table, else by what is usual."""
    settings = source.settings
    usual = LEVELS if signal.severity_is_level else DEFAULT_WORDS
    return from_word(signal.severity, settings.severity_map, settings.default_severity, usual)


def named_service(signal: Signal) -> str | None:
    """The service that a signal names: outright, else by its labels."""
    if signal.service_name:
        return signal.service_name
    return next((signal.labels[name][:255] for name in SERVICE_LABELS if signal.labels.get(name)), None)


def quiet(
    alert: Alert, word: str, service: ServiceFact, source: Source, house: House, now: datetime, matches: Search
) -> tuple[Fate | None, datetime | None, list[str]]:
    """Whether an alert is kept quiet now, until when, and why; `word` is the sender's own for its severity."""
    severity = (alert.severity.value, alert.severity.short, word, alert.labels.get("severity", ""))
    facts: QuietFacts = {
        **alert.labels,
        # What the catalogue does not know, people silence by the name that they read in the alert.
        "service": (service.name, alert.service_name),
        "team": service.team,
        "severity": tuple(text for text in severity if text),
        "source": source.name,
        "title": alert.title,
    }
    for silence in house.silences:
        if silence.covers(facts, now, matches):
            why = f"silenced by {silence.created_by} until {silence.ends_at:%Y-%m-%d %H:%M} UTC: {silence.reason}"
            return Fate.SILENCED, silence.ends_at, [why]
    for window in house.maintenance:
        if window.concerns(service.name, service.team) and (span := window.occurrence_at(now)):
            return Fate.MAINTENANCE, span[1], [f"maintenance '{window.name}' until {span[1]:%Y-%m-%d %H:%M} UTC"]
    return None, None, []


def _first_rule(
    facts: Facts, source: Source, rules: tuple[Rule, ...], evaluate: Evaluate
) -> tuple[Rule | None, list[str]]:
    """The first rule that holds. One that cannot be evaluated does not hold, and the alert says so."""
    wrong: list[str] = []
    for rule in rules:
        if rule.source_id is not None and rule.source_id != source.id:
            continue
        try:
            if rule.holds(facts, evaluate):
                return rule, wrong
        except ExpressionError as error:
            wrong.append(f"rule '{rule.name}' could not be tried: {error}")
    return None, wrong


_TEXTS = ("service_name", "severity", "title", "key", "action")


def _chosen(choice: Choice, facts: Facts, evaluate: Evaluate) -> tuple[dict[str, str], list[str]]:
    """The texts that a rule sets; one whose expression has no value is left out, and the alert says so."""
    wanted = {name: text for name in _TEXTS if (text := getattr(choice, name))}
    wanted |= {f"labels.{name}": text for name, text in choice.labels.items()}
    found: dict[str, str] = {}
    wrong: list[str] = []
    for name, text in wanted.items():
        try:
            if value := line(value_of(text, facts, evaluate), MAX_CHOSEN):  # an expression may give anything
                found[name] = value
        except ExpressionError as error:
            wrong.append(f"{name} of the rule: {error}")
    return found, wrong


def _changed(signal: Signal, chosen: Mapping[str, str]) -> Signal:
    """The signal as a rule has it; validated once more, for an expression may give anything."""
    labels = {name.removeprefix("labels."): text for name, text in chosen.items() if name.startswith("labels.")}
    changes: dict[str, object] = {name: chosen[name] for name in ("severity", "title") if name in chosen}
    if "severity" in changes:
        changes["severity_is_level"] = False
    if labels:
        changes["labels"] = signal.labels | labels
    if chosen.get("action") in set(Action):
        changes["action"] = chosen["action"]
    if not changes:
        return signal
    return Signal.model_validate(signal.model_dump() | {"links": signal.links} | changes)


def _treatment(source: Source, choice: Choice) -> Treatment:
    own = {name: getattr(source.settings, name) for name in Treatment.model_fields}
    chosen = {name: value for name in Treatment.model_fields if (value := getattr(choice, name)) is not None}
    return Treatment.model_construct(**(own | chosen))


def _alert(signal: Signal, source: Source, chosen: Mapping[str, str], house: House) -> tuple[Alert, ServiceFact]:
    name = chosen.get("service_name") or source.settings.service_name or named_service(signal) or house.unknown.name
    service = house.services.get(name, house.unknown)
    alert = Alert(
        title=signal.title,
        description=signal.description,
        service_name=name[:255],
        severity=severity_of(signal, source),
        detected_at=signal.detected_at or signal.started_at,
        source=source.name,
        fingerprint=signal.fingerprint,
        labels=signal.labels,
        links=signal.links,
    )
    return alert, service
