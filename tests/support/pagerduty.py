"""What a client of PagerDuty's Events API v2 sends."""

from typing import Any
from uuid import uuid4

ENQUEUE = "/v2/enqueue"


def event(key: str, action: str = "trigger", **changes: Any) -> dict[str, Any]:
    """A whole event; `...` takes a field away."""
    body = {
        "routing_key": key,
        "event_action": action,
        "dedup_key": uuid4().hex,
        "client": "Sample monitoring",
        "client_url": "https://monitoring.example",
        "payload": {
            "summary": "DISK at 99% on machine prod-datapipe03",
            "source": "prod-datapipe03.example.com",
            "severity": "critical",
            "timestamp": "2026-11-21T03:12:00.000+0000",
            "component": "postgres",
            "group": "prod-datapipe",
            "class": "disk",
            "custom_details": {"free space": "1%", "ping time": "1500ms"},
        },
        "links": [{"href": "https://runbooks.example/disk", "text": "Runbook"}],
        "images": [{"src": "https://images.example/disk.png", "alt": "Disk"}],
    }
    return {name: value for name, value in (body | changes).items() if value is not ...}
