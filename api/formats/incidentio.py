"""incident.io's HTTP alert source."""

from api.formats.reading import Body, Headers, action_of, each, first, headline, kept, labels, links, text
from domain.intake.signal import Signal


def _read(body: Body, _: Headers) -> list[Signal]:
    own = labels(body.get("metadata"))
    return [
        Signal(
            action=action_of(body.get("status")),
            title=text(body.get("title")) or headline(body) or text(body.get("deduplication_key")),
            description=text(body.get("description")),
            severity=first(own.get("severity"), own.get("priority")) or None,
            fingerprint=text(body.get("deduplication_key")) or None,
            labels=own,
            links=links((body.get("source_url"), "Source")),
            raw=kept(body),
        )
    ]


read = each(_read)
