"""Silences and maintenance windows, seen from outside: kept quiet, shown, and paged when the quiet is over."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.support.dev import Dev

SHORT_SECONDS = (4, 15, 60)
"""How long a quiet lasts that ends by itself: longer, when the machine was too slow to send an alert within it."""
LATE_SECONDS = 120

Quiet = Callable[[Dev, str, int], dict[str, Any]]
"""Makes one over a service for so many seconds."""


@pytest.fixture
def service(dev: Dev) -> str:
    """A service that no other test has."""
    return new_service(dev)


def new_service(dev: Dev) -> str:
    name = f"quiet-{uuid4().hex[:8]}"
    dev.api.post("/services/", json={"name": name, "team": "SRE Core"}).raise_for_status()
    return name


def send(dev: Dev, service: str, name: str, status: str = "firing") -> dict[str, Any]:
    """What becomes of an alert, as its door answers."""
    body = {"title": "Disk full", "service": service, "severity": "critical", "fingerprint": name, "status": status}
    (result,) = dev.api.post("/alerts/generic/", json=body).raise_for_status().json()["results"]
    return dict(result)


def received(dev: Dev, alert: dict[str, Any], fate: str) -> dict[str, Any] | None:
    """The alert among those of a fate, as `GET /alerts/` shows them."""
    items = dev.api.get("/alerts/", params={"fate": fate, "limit": 500}).raise_for_status().json()["items"]
    return next((dict(one) for one in items if one["id"] == alert["alert_id"]), None)


def incidents(dev: Dev, service: str) -> list[dict[str, Any]]:
    return list(dev.api.get("/incidents/", params={"service": service}).raise_for_status().json()["items"])


def silence(dev: Dev, service: str, seconds: int, reason: str = "The disk is being swapped") -> dict[str, Any]:
    body = {"matchers": [f'service="{service}"'], "seconds": seconds, "reason": reason}
    return dict(dev.api.post("/silences/", json=body).raise_for_status().json())


def maintenance(dev: Dev, service: str, seconds: int) -> dict[str, Any]:
    now = datetime.now(UTC).replace(tzinfo=None)
    times = {"start": (now - timedelta(hours=1)).isoformat(), "end": (now + timedelta(seconds=seconds + 1)).isoformat()}
    body = {"name": "Disk swap", "time_zone": "UTC", "services": [service]} | times
    return dict(dev.api.post("/maintenance/", json=body).raise_for_status().json())


KINDS = pytest.mark.parametrize(
    ("fate", "make", "path"), [("silenced", silence, "silences"), ("maintenance", maintenance, "maintenance")]
)


def require_opened(dev: Dev, service: str, alert: dict[str, Any], fate: str) -> dict[str, Any]:
    """One incident, with the alert that was quiet, and somebody is paged."""
    (incident,) = dev.wait(lambda: incidents(dev, service), LATE_SECONDS, "what still fires opens its incident")
    shown = received(dev, alert, "new")
    assert shown is not None and shown["incident"] == incident["short_id"]
    assert received(dev, alert, fate) is None
    kept = dev.api.get(f"/incidents/{incident['id']}/alerts/").json()["items"]
    assert [one["id"] for one in kept] == [alert["alert_id"]]
    assert dev.api.get(f"/incidents/{incident['id']}/").json()["alert_count"] == 1

    def paged() -> bool:
        pages = dev.api.get(f"/incidents/{incident['id']}/notifications/").json()["items"]
        return ("p1.r1.s1", "sent") in {(page["step"], page["status"]) for page in pages}

    dev.wait(paged, LATE_SECONDS, "paged")
    return dict(incident)


@KINDS
def test_ended_by_hand(dev: Dev, service: str, fate: str, make: Quiet, path: str) -> None:
    made, name = make(dev, service, 3600), uuid4().hex
    first, alert, over = (send(dev, service, one) for one in (name, name, "over"))
    assert [one["status"] for one in (first, alert, over)] == [fate] * 3
    shown = received(dev, alert, fate)
    assert shown is not None and shown["incident"] is None
    assert shown["reason"] == alert["reason"]
    assert send(dev, service, "over", "resolved")["status"] == "resolved"
    assert incidents(dev, service) == []
    assert dev.api.delete(f"/{path}/{made['id']}/").is_success
    require_opened(dev, service, alert, fate)
    again = send(dev, service, name)
    assert again["status"] == "attached"
    assert received(dev, first, fate) is not None, "what was kept quiet is still seen"
    assert received(dev, over, fate) is not None
    assert len(incidents(dev, service)) == 1


@KINDS
def test_over_by_itself(dev: Dev, fate: str, make: Quiet, path: str) -> None:
    for seconds in SHORT_SECONDS:
        service = new_service(dev)
        made = make(dev, service, seconds)
        alert = send(dev, service, uuid4().hex)
        if alert["status"] == fate:
            break
    else:
        pytest.fail(f"{alert} within {made}")
    require_opened(dev, service, alert, fate)


@KINDS
def test_made_longer_it_stays_quiet(dev: Dev, service: str, fate: str, make: Quiet, path: str) -> None:
    made, name = make(dev, service, 3600), uuid4().hex
    alert = send(dev, service, name)
    assert alert["status"] == fate
    until = (datetime.now(UTC) + timedelta(hours=2)).replace(microsecond=0)
    longer = {"ends_at": until.isoformat()} if fate == "silenced" else {"end": until.replace(tzinfo=None).isoformat()}
    assert dev.api.patch(f"/{path}/{made['id']}/", json=longer).is_success
    other = send(dev, service, uuid4().hex)  # a second silence holds it when the first is ended
    extra = silence(dev, service, 3000, "We know")
    assert dev.api.delete(f"/{path}/{made['id']}/").is_success

    def decided_anew() -> bool:
        shown = [received(dev, one, "silenced") for one in (alert, other)]
        return all(one is not None and "We know" in one["reason"] for one in shown)

    dev.wait(decided_anew, LATE_SECONDS, "quiet for the other reason")
    assert incidents(dev, service) == []
    assert dev.api.delete(f"/silences/{extra['id']}/").is_success
    dev.wait(lambda: len(incidents(dev, service)) == 2, LATE_SECONDS, "both open theirs")


def test_a_window_that_concerns_it_no_more(dev: Dev, service: str) -> None:
    made, alert = maintenance(dev, service, 3600), send(dev, service, uuid4().hex)
    assert alert["status"] == "maintenance"
    assert dev.api.patch(f"/maintenance/{made['id']}/", json={"services": ["search"]}).is_success
    require_opened(dev, service, alert, "maintenance")
