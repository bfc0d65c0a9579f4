"""An alert as every door hands it on, and the key under which it opens or joins an incident."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from domain.policy import Policy
from domain.severity import Severity


class Link(BaseModel):
    """A link to something that helps: a dashboard, a runbook."""

    model_config = ConfigDict(frozen=True)

    href: str
    text: str


class Alert(BaseModel):
    """What a monitoring tool or a person reports."""

    model_config = ConfigDict(frozen=True)

    title: str
    description: str = ""
    service_name: str
    severity: Severity
    detected_at: datetime | None = None
    impacted_scopes: tuple[str, ...] = ()
    source: str = "api"
    fingerprint: str | None = None
    labels: dict[str, str] = {}
    links: tuple[Link, ...] = ()
    time_scale: float | None = None
    """None, or how many times as fast a drill runs."""
    lead: str | None = None


class AlertBatch(BaseModel):
    """Repeated alerts of an open incident, as its workflow hears of them: at once, then at most once a second."""

    model_config = ConfigDict(frozen=True)

    alert_count: int
    """Alerts of the incident in all: a batch delivered twice is seen to be the same."""
    sources: tuple[str, ...] = ()
    highest: Severity
    """The worst severity among the batch's alerts."""
    latest_title: str = ""
    at: datetime
    policy: Policy | None = None
    """By which an incident of the worst severity escalates when that is worse than its own; None: its policy stays."""


def service_key(alert: Alert, service_id: UUID, *, known: bool) -> str:
    """The correlation key of `POST /incidents/`: the fingerprint alone, else the service (DESIGN, Correlation).

    Services that the catalogue does not know share `Unknown/Triage`, yet an alert of one must not be swallowed
    by an incident of another: there the name that was asked for is the key. Drills have keys of their own.
    """
    if alert.fingerprint is not None:
        key = f"fingerprint:{alert.fingerprint}"
    elif known:
        key = f"service:{service_id}"
    else:
        key = f"unknown:{alert.service_name.casefold()}"
    return f"drill:{key}" if alert.time_scale else key
