"""Where the sender of a source is pointed at: its URL, its ping, its e-mail address."""

from urllib.parse import urlsplit

PLACEHOLDER = "KEY"
"""Stands for a key that is not shown again."""
API = "/api/v1"


def address_of(kind: str, base: str, key: str | None = None) -> str:
    """What the sender is given.

    Args:
        kind: the source's.
        base: the public address of Tocsin.
        key: the source's key; what is shown without it has a placeholder where it belongs into the path.
    """
    word = key or PLACEHOLDER
    match kind:
        case "pagerduty":  # the key is the `routing_key` of each event
            return f"{base}/v2/enqueue"
        case "opsgenie":  # clients send the key as their API key
            return f"{base}/v2/alerts"
        case "heartbeat":
            return ping_of(base, key)
        case "email":
            return f"{word}@{urlsplit(base).hostname or 'tocsin'}"
        case _:
            return f"{base}{API}/alerts/{kind}/" + (f"?token={key}" if key else "")


def ping_of(base: str, key: str | None = None) -> str:
    """Where a heartbeat is sent."""
    return f"{base}{API}/heartbeats/{key or PLACEHOLDER}/"
