"""Uptime Kuma's webhook: a monitor and its last heartbeat."""

from api.formats.reading import Body, Headers, at, each, first, headline, kept, labels, links, moment, tags, text
from domain.intake.signal import Action, Signal
from domain.intake.verdict import SERVICE_LABELS

_STATES = {"0": Action.TRIGGER, "1": Action.RESOLVE, "2": Action.NOTE, "3": Action.NOTE}
"""Down, up, pending (it is being tried again), maintenance."""
_WORDS = {Action.TRIGGER: "is down", Action.RESOLVE: "is up"}


def _read(body: Body, _: Headers) -> list[Signal]:
    monitor, beat = body.get("monitor"), body.get("heartbeat")
    message = text(body.get("msg"))
    action = _STATES.get(text(at(beat, "status"))) or (Action.RESOLVE if "✅" in message[:500] else Action.TRIGGER)
    name = first(at(monitor, "name"), at(monitor, "pathName"))
    own = tags(at(monitor, "tags")) | labels({key: at(monitor, key) for key in ("type", "hostname")})
    return [
        Signal(
            action=action,
            title=_title(name, action, beat) or message or headline(beat) or headline(body),
            description=first(at(beat, "msg"), message),
            service_name=None if any(own.get(label) for label in SERVICE_LABELS) else name or None,
            fingerprint=_fingerprint(monitor, beat, message),
            labels=own,
            links=links((at(monitor, "url"), "What is watched")) if len(text(at(monitor, "url"))) > 8 else (),
            detected_at=moment(at(beat, "time")),
            note="" if action is Action.TRIGGER else message,
            raw=kept(body),
        )
    ]


def _fingerprint(monitor: object, beat: object, message: str) -> str | None:
    """The monitor; its certificate is another alert, which its being up does not end."""
    found = first(at(monitor, "id"), at(beat, "monitorID"), at(beat, "monitor_id"))
    return f"{found}:certificate" if found and not beat and "certificate" in message.lower() else found or None


def _title(name: str, action: Action, beat: object) -> str:
    """`shop is down`; a message without a heartbeat (a certificate that expires, a test) speaks for itself."""
    if not name or not isinstance(beat, dict) or not beat:
        return ""
    return f"{name[:400]} {_WORDS[action]}" if action in _WORDS else name


read = each(_read)
