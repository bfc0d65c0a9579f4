"""What Tocsin says: names, messages, the incident document."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from domain.events import Event
from domain.incident import Incident

ROOM_NAME_LIMIT = 80
DESCRIPTION_LIMIT = 500

_BEYOND_THE_HOST = re.compile(r"(https?://[^/?#\\]+)[/?#\\].+", re.DOTALL | re.IGNORECASE)
_PLACEHOLDER = re.compile(r"\{\{\s*(\w+)\s*\}\}")


class Message(BaseModel):
    """What one recipient gets: a line for a small screen, and links."""

    model_config = ConfigDict(frozen=True)

    text: str
    links: tuple[tuple[str, str], ...] = ()
    """Pairs of address and label."""


def room_name(incident: Incident) -> str:
    """`inc-{number}-{service}` in the characters that chat systems allow, at most 80 of them."""
    slug = re.sub(r"[^a-z0-9]+", "-", incident.service.lower()).strip("-")
    return f"inc-{incident.number}-{slug}"[:ROOM_NAME_LIMIT].rstrip("-")


def room_topic(incident: Incident) -> str:
    """Severity, service and lead on one line, at most 250 characters."""
    lead = f" · lead {incident.lead}" if incident.lead else ""
    return f"{drill_mark(incident)}{incident.severity} · {incident.service}{lead}"[:250]


def document_name(incident: Incident) -> str:
    """`INC-{number} - {title}`."""
    return f"{incident.short_id} - {incident.title}"


def shown(recipient: str) -> str:
    """How texts name a recipient: of an address on the web the host alone, for the rest may be a secret.

    The ledger has all of it.
    """
    found = _BEYOND_THE_HOST.fullmatch(recipient)
    return f"{found[1]}/…" if found else recipient


def drill_mark(incident: Incident) -> str:
    """Every message of a drill begins with it."""
    return "DRILL " if incident.time_scale else ""


def opened(incident: Incident) -> Message:
    """The first broadcast: what, where, how bad, and the links that are ready."""
    text = _headline(incident, incident.severity.short)
    if incident.description:
        text += f"\n{incident.description[:DESCRIPTION_LIMIT]}"
    return Message(text=text, links=_links(incident))


def escalation(incident: Incident, step: str, reason: str) -> Message:
    """A page of the ladder: nobody has acknowledged yet."""
    text = (
        f"{drill_mark(incident)}PAGE [{incident.severity.short}] {incident.service}: {incident.title} "
        f"({incident.short_id}, {step}). Why you: {reason}. Acknowledge: {incident.url}"
    )
    return Message(text=text, links=_links(incident))


def asked(incident: Incident, reason: str) -> Message:
    """Somebody is asked to join."""
    text = _headline(incident, incident.severity.short) + f". You are {reason}: accept or decline at {incident.url}"
    return Message(text=text, links=_links(incident))


def persists(incident: Incident, reason: str) -> Message:
    """It was acknowledged, and goes on for too long."""
    who = f" It was acknowledged by {incident.acknowledged_by}." if incident.acknowledged_by else ""
    text = f"{_headline(incident, incident.severity.short)} is still not mitigated.{who} Why you: {reason}."
    return Message(text=text, links=_links(incident))


def role_given(incident: Incident, role: str) -> Message:
    """Somebody got a role by the policy."""
    text = f"{_headline(incident, incident.severity.short)}. You are {role} now: {incident.url}"
    return Message(text=text, links=_links(incident))


def links_ready(incident: Incident) -> Message:
    """The links that missed the first message."""
    text = f"{drill_mark(incident)}{incident.short_id}: document and war room are ready"
    return Message(text=text, links=_links(incident))


def resolved(incident: Incident) -> Message:
    """The notice at the end, for everybody who was told."""
    text = _headline(incident, f"{incident.severity.short} {'MERGED' if incident.merged_into else 'RESOLVED'}")
    if incident.resolved_by:
        text += f", by {incident.resolved_by}"
    if incident.resolution_note:
        text += f": {incident.resolution_note[:DESCRIPTION_LIMIT]}"
    return Message(text=text, links=_links(incident))


def _headline(incident: Incident, tag: str) -> str:
    return f"{drill_mark(incident)}[{tag}] {incident.service}: {incident.title} ({incident.short_id})"


def room_opening(incident: Incident) -> str:
    """The first message in a war room: context and links."""
    lines = [opened(incident).text]
    lines += [f"{label}: {href}" for href, label in _links(incident)]
    return "\n".join(lines)


def room_closing(incident: Incident) -> str:
    """The last message in a war room before it is archived."""
    took = ""
    if incident.resolved_at:
        took = f" after {duration((incident.resolved_at - incident.created_at).total_seconds())}"
    document = f" Document: {incident.lid_link}" if incident.lid_link else ""
    ended = "merged into another incident" if incident.merged_into else "resolved"
    return f"{drill_mark(incident)}{incident.short_id} was {ended}{took}. This room is now archived.{document}"


def duration(seconds: float) -> str:
    """`3h5m`, `5m`, `42s`: the two largest units that say something."""
    whole = int(seconds)
    hours, minutes = whole // 3600, whole % 3600 // 60
    if hours:
        return f"{hours}h{minutes}m"
    return f"{minutes}m" if minutes else f"{whole}s"


def document(template: str, incident: Incident, timeline: Sequence[Event]) -> str:
    """The incident document: the template with its placeholders filled; an unknown one becomes empty."""
    values = _document_values(incident, timeline)
    return _PLACEHOLDER.sub(lambda match: values.get(match.group(1), ""), template)


def _document_values(incident: Incident, timeline: Sequence[Event]) -> Mapping[str, str]:
    return {
        "id": incident.short_id,
        "title": f"{drill_mark(incident)}{incident.title}",
        "severity": incident.severity.value,
        "status": incident.status.value,
        "service": incident.service,
        "team": incident.team,
        "lead": incident.lead or "nobody yet",
        "scopes": ", ".join(incident.impacted_scopes) or "none",
        "source": incident.source,
        "url": incident.url,
        "war_room": incident.war_room_link or "none",
        "description": incident.description or "No description.",
        "detected_at": _utc(incident.detected_at),
        "created_at": _utc(incident.created_at),
        "acknowledged_at": _utc(incident.acknowledged_at),
        "mitigated_at": _utc(incident.mitigated_at),
        "resolved_at": _utc(incident.resolved_at),
        "resolution_note": incident.resolution_note or "",
        "root_cause": incident.root_cause or "",
        "timeline": "\n".join(_timeline_line(event) for event in timeline) or "- nothing yet",
    }


def _timeline_line(event: Event) -> str:
    text = event.message.replace("\n", " ")
    return f"- {event.at:%Y-%m-%d %H:%M:%S} UTC · {event.type} · {text}"


def _utc(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at else "–"


def _links(incident: Incident) -> tuple[tuple[str, str], ...]:
    pairs = ((incident.url, incident.short_id), (incident.lid_link, "Document"), (incident.war_room_link, "War room"))
    return tuple((href, label) for href, label in pairs if href)
