"""Opsgenie's alert API: the body that creates an alert. Acknowledge, close and note are addresses, not bodies."""

from api.formats.reading import Body, Headers, each, first, headline, kept, labels, paragraphs, tags, text
from domain.intake.signal import Signal
from domain.intake.verdict import SERVICE_LABELS


def _read(body: Body, _: Headers) -> list[Signal]:
    details = body.get("details")
    own = tags(body.get("tags")) | labels({name: body.get(name) for name in ("entity", "source")}) | labels(details)
    named = any(own.get(name) for name in SERVICE_LABELS)
    return [
        Signal(
            title=text(body.get("message")) or headline(body) or text(body.get("alias")),
            description=paragraphs(body.get("description"), details if isinstance(details, str) else ""),
            severity=text(body.get("priority")) or None,
            service_name=None if named else text(body.get("entity")) or None,
            fingerprint=text(body.get("alias")) or None,
            labels=own,
            note=text(body.get("note")),
            actor=first(body.get("user")) or None,
            raw=kept(body),
        )
    ]


read = each(_read)
