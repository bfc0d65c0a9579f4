"""`demo`: an hour of escalation in a minute, on the running product."""

import re
import time
from collections.abc import Iterator
from typing import Annotated, Any
from uuid import uuid4

import typer

from cli import render
from cli.client import Api, connect
from cli.errors import Refused

TIME_SCALE = 60
RUNGS = 2
"""So many steps of the ladder page somebody before anybody acknowledges."""
POLL_SECONDS = 0.5
READING_SECONDS = 3.0
"""Between two commands, for whoever watches."""
LAST_WORDS_SECONDS = 2.0
"""The notices of the end reach the timeline a moment after the end."""
PATIENCE_SECONDS = 180.0
_RUNG = re.compile(r"p\d+\.r\d+\.s\d+")
_PAGED = {"sent", "delivered"}
_NEXT = {
    "TRIGGERED": ("acknowledge", {"note": "The demo takes charge."}),
    "ACKNOWLEDGED": ("mitigate", {"note": "Traffic goes to the standby."}),
    "MITIGATED": ("resolve", {"resolution_note": "The demo is over.", "root_cause": "None: this was a drill."}),
}
"""What the demo does about an incident in each status."""


def demo(
    service: Annotated[str | None, typer.Option(help="The service of the drill; one of the catalogue.")] = None,
) -> None:
    """Watch a drill: it is declared, climbs the ladder, and is acknowledged, mitigated and resolved."""
    with connect() as api:
        incident = _declare(api, service or _some_service(api))
        render.say(f"{incident['short_id']} is a drill: an hour of escalation takes a minute. Watch it at")
        for link in (incident.get("url"), incident.get("temporal_url")):
            if link:
                render.say(f"  {link}")
        _play(api, incident["short_id"])


def _declare(api: Api, service: str) -> dict[str, Any]:
    incident: dict[str, Any] = api.post(
        "/incidents/",
        {
            "title": f"{service} answers every third request with an error",
            "description": "Declared by `tocsin demo`. Nothing is broken.",
            "service_name": service,
            "severity": "SEV1_CRITICAL",
            "source": "demo",
            # A demo beside an open one is an incident of its own.
            "fingerprint": f"demo-{uuid4()}",
            "drill": {"time_scale": TIME_SCALE},
        },
    ).body
    return incident


def _some_service(api: Api) -> str:
    names = [str(service["name"]) for service in api.items("/services/")]
    # The catch-all's team triages; a named service shows more of the ladder.
    named = [name for name in names if not name.startswith("Unknown")]
    if not names:
        raise Refused(
            "the catalogue has no service: set TOCSIN_EXAMPLE_CATALOG=1 at the first start, or POST /services/"
        )
    return (named or names)[0]


def _play(api: Api, short_id: str) -> None:
    """Follow the timeline, and give each command when its time has come, until the incident is resolved."""
    follower = _Follower(api, short_id)
    done: set[str] = set()
    for _ in _patiently(short_id):
        follower.show_news()
        status = api.get(f"/incidents/{short_id}/")["status"]
        if status == "RESOLVED":
            break
        command, body = _NEXT[status]
        if command in done or (status == "TRIGGERED" and _rungs_fired(api, short_id) < RUNGS):
            continue
        time.sleep(READING_SECONDS)
        follower.show_news()
        answer = api.post(f"/incidents/{short_id}/{command}/", body)
        done.add(command)
        if answer.queued:
            render.say(f"{command} is queued until Temporal and its workers answer.")
    time.sleep(LAST_WORDS_SECONDS)
    follower.show_news()
    render.say(f"{short_id} is resolved. `tocsin show {short_id}` has the rest.")


def _patiently(short_id: str) -> Iterator[None]:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        yield
        time.sleep(POLL_SECONDS)
    raise Refused(f"{short_id} was not resolved within {PATIENCE_SECONDS:.0f} s: `tocsin doctor` may say why")


def _rungs_fired(api: Api, short_id: str) -> int:
    """How many steps of the ladder have reached somebody."""
    ledger = api.items(f"/incidents/{short_id}/notifications/")
    return len({row["step"] for row in ledger if row["status"] in _PAGED and _RUNG.fullmatch(row["step"])})


class _Follower:
    """Prints each entry of a timeline once."""

    def __init__(self, api: Api, short_id: str) -> None:
        self._api = api
        self._path = f"/incidents/{short_id}/events/"
        self._seen: set[str] = set()

    def show_news(self) -> None:
        for entry in self._api.items(self._path):
            if str(entry["id"]) not in self._seen:
                self._seen.add(str(entry["id"]))
                render.event(entry)
