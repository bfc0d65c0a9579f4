"""One source: how it is set, in words; what its form may hold."""

from collections.abc import Iterator
from typing import Any

from api.formats import KINDS
from api.routes.sources import OTHER_KINDS
from domain.intake.heartbeat import span
from domain.intake.source import Preset, SourceSettings
from domain.intake.verdict import COMMANDING_KINDS
from web.forms import Form

ALL_KINDS = tuple(sorted({*KINDS, *OTHER_KINDS}))
NAME_LONGEST = 255
FIELDS = {
    "name": "name",
    "kind": "kind",
    "service_name": "service",
    "auto_resolve": "auto_resolve",
    "resolve_delay_seconds": "resolve_delay",
    "heartbeat_seconds": "heartbeat",
}
"""The form's field for each of the API's."""


def asked(form: Form) -> dict[str, Any]:
    """The body of `POST /sources/` that a form stands for."""
    given = {
        "name": form.text("name", longest=NAME_LONGEST, shortest=1),
        "kind": form.raw("kind"),
        "service_name": form.raw("service") or None,
        "auto_resolve": form.ticked("auto_resolve"),
        "resolve_delay_seconds": form.number("resolve_delay"),
        "heartbeat_seconds": form.number("heartbeat"),
    }
    if given["kind"] not in ALL_KINDS:
        form.errors["kind"] = "Choose a kind of the list."
    if given["kind"] == "heartbeat" and given["heartbeat_seconds"] is None:
        form.errors.setdefault("heartbeat", "A heartbeat needs its period.")
    return {name: value for name, value in given.items() if value is not None}


def in_words(source: dict[str, Any], limit: str) -> Iterator[tuple[str, str]]:
    """What is set for a source, as name and sentence.

    Args:
        source: as the API shows it.
        limit: the rate limit that holds for sources without one of their own, in words.
    """
    settings = SourceSettings.model_validate({name: source[name] for name in SourceSettings.model_fields})
    yield "Service", settings.service_name or "as each alert names it"
    yield "Severity", _severity(settings)
    yield "One incident for", _correlation(settings)
    yield "Back to normal", _back_to_normal(source["kind"], settings)
    if settings.flapping:
        flapping = settings.flapping
        yield (
            "Flapping",
            f"{flapping.changes} times back to normal in {span(flapping.seconds)}: waits as long before resolving",
        )
    if settings.threshold:
        held = settings.threshold
        yield "Held", f"until {held.count} alerts have come within {span(held.seconds)}"
    if settings.reopen_seconds:
        yield "Fires again", f"within {span(settings.reopen_seconds)} after the end: continues the incident"
    yield "Limit", _limit(settings) or limit
    if settings.heartbeat_seconds:
        grace = settings.heartbeat_grace_seconds
        late = f", {span(grace)} late at most" if grace else ""
        yield "Heartbeat", f"every {span(settings.heartbeat_seconds)}{late}; missing is {settings.heartbeat_severity}"
    if settings.owner_service:
        yield "Its own trouble", f"is reported for {settings.owner_service}"
    if settings.topic_arns:
        yield "SNS topics", ", ".join(settings.topic_arns)
    yield "Signature", "required" if source["signs"] else "none: the key is enough"


def _severity(settings: SourceSettings) -> str:
    own = ", ".join(f"“{word}” is {severity.short}" for word, severity in settings.severity_map.items())
    usual = f"the sender's word; without one {settings.default_severity.short}"
    return f"{own}; else {usual}" if own else usual


def _correlation(settings: SourceSettings) -> str:
    correlation = settings.correlation
    what = {
        Preset.FINGERPRINT: "each fingerprint",
        Preset.SERVICE: "each service",
        Preset.SERVICE_SEVERITY: "each service and severity",
        Preset.LABELS: f"each service and {', '.join(correlation.labels)}",
    }[correlation.preset]
    if correlation.window_seconds:
        return f"{what}, until {span(correlation.window_seconds)} after its last alert"
    return what


def _back_to_normal(kind: str, settings: SourceSettings) -> str:
    if kind in COMMANDING_KINDS:
        return "what the sender says: its acknowledge and resolve are commands"
    if not settings.auto_resolve:
        return "is noted on the incident, and to resolve it is proposed"
    delay = settings.resolve_delay_seconds
    return f"resolves the incident after {span(delay)} of quiet" if delay else "resolves the incident at once"


def _limit(settings: SourceSettings) -> str:
    parts = []
    if settings.rate_limit:
        parts.append(f"{settings.rate_limit:g} requests per second")
    if settings.rate_burst:
        parts.append(f"{settings.rate_burst} at once")
    return ", ".join(parts)
