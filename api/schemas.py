"""The bodies of requests, and the shape of an incident."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StringConstraints
from sqlalchemy import RowMapping

from config.settings import Settings
from domain import kpi
from domain.alert import Alert, Link
from domain.climb import PlannedStep
from domain.commands import MAX_TEXT
from domain.instants import LAST_YEAR
from domain.severity import Severity
from gateway.starting import incident_url, temporal_url
from gateway.workflows import workflow_id

DEFAULT_TIME_SCALE = 60.0

_STEERING = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:")


def without_nul(text: str) -> str:
    """Refuse NUL, which Postgres cannot hold; drop what would steer the terminal of whoever reads it."""
    if "\x00" in text:
        raise ValueError("must not hold the NUL character")
    return _STEERING.sub("", text)


def one_line(text: str) -> str:
    """The same without NUL, and on one line."""
    return " ".join(without_nul(text).split())


def _timestamp(value: object) -> object:
    if not isinstance(value, str) or not _DATE.match(value):  # a number would be read as seconds since 1970
        raise ValueError("must be a timestamp such as 2026-01-31T03:12:00Z")
    return value


def _in_utc(at: datetime) -> datetime:
    if not 1970 <= at.year <= 9000:
        raise ValueError("must lie between the years 1970 and 9000")
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)


def _plannable(at: datetime) -> datetime:
    if at.year >= LAST_YEAR:  # a plan looks ahead
        raise ValueError(f"must lie before the year {LAST_YEAR}")
    return at


def _web_address(href: str) -> str:
    if not href.lower().startswith(("http://", "https://")):
        raise ValueError("must begin with http:// or https://")
    return href


Text = Annotated[str, AfterValidator(without_nul)]
Line = Annotated[str, AfterValidator(one_line), StringConstraints(min_length=1)]
Instant = Annotated[datetime, BeforeValidator(_timestamp), AfterValidator(_in_utc)]
PlannableInstant = Annotated[Instant, AfterValidator(_plannable)]
"""For which shifts can be told."""
Note = Annotated[Text, Field(max_length=MAX_TEXT)]
Labels = dict[Annotated[Line, Field(max_length=200)], Annotated[Text, Field(max_length=5000)]]
Href = Annotated[Text, Field(max_length=2000), AfterValidator(_web_address)]


class LinkIn(BaseModel):
    """A link to something that helps."""

    href: Href
    text: Annotated[Line, Field(max_length=200)]


class DrillIn(BaseModel):
    """How many times as fast a drill runs."""

    model_config = ConfigDict(extra="forbid")

    time_scale: float = Field(ge=1, le=3600)


class AlertIn(BaseModel):
    """An alert for `POST /incidents/`. Fields that are not known are kept with the raw body."""

    title: Annotated[Line, Field(max_length=500)]
    description: Annotated[Text, Field(max_length=50_000)] = ""
    service_name: Annotated[Line, Field(max_length=255)]
    severity: Severity
    detected_at: Instant | None = None
    impacted_scopes: list[Annotated[Line, Field(max_length=255)]] = Field(default=[], max_length=50)
    source: Annotated[Line, Field(max_length=255)] = "api"
    fingerprint: Annotated[Line, Field(max_length=512)] | None = None
    labels: Labels = Field(default={}, max_length=100)
    links: list[LinkIn] = Field(default=[], max_length=50)
    drill: StrictBool | DrillIn | None = None

    def to_alert(self) -> Alert:
        """The alert as the rules know it."""
        scale = {True: DEFAULT_TIME_SCALE, False: None, None: None}
        time_scale = self.drill.time_scale if isinstance(self.drill, DrillIn) else scale[self.drill]
        return Alert(
            **{name: getattr(self, name) for name in _ALERT_FIELDS},
            impacted_scopes=tuple(dict.fromkeys(self.impacted_scopes)),
            links=tuple(Link(href=link.href, text=link.text) for link in self.links),
            time_scale=time_scale,
        )


_ALERT_FIELDS = {
    "title",
    "description",
    "service_name",
    "severity",
    "detected_at",
    "source",
    "fingerprint",
    "labels",
}


class BatchIn(BaseModel):
    """Up to 1,000 alerts, each of which stands for itself."""

    alerts: list[Any] = Field(min_length=1, max_length=1000)


class PlanIn(BaseModel):
    """An incident that does not exist."""

    service_name: Annotated[Line, Field(max_length=255)]
    severity: Severity
    at: PlannableInstant | None = None
    impacted_scopes: list[Annotated[Line, Field(max_length=255)]] = Field(default=[], max_length=50)
    labels: Labels = Field(default={}, max_length=100)
    drill: StrictBool | DrillIn | None = None


class NoteIn(BaseModel):
    """What acknowledge, mitigate and escalate take."""

    note: Note | None = None


class ResolveIn(BaseModel):
    """What resolve takes; `note` is an alias of `resolution_note`."""

    resolution_note: Note | None = None
    note: Note | None = None
    root_cause: Note | None = None


class CommentIn(BaseModel):
    """A note for the timeline."""

    text: Annotated[Text, AfterValidator(str.strip), StringConstraints(min_length=1, max_length=MAX_TEXT)]


class MergeIn(BaseModel):
    """The incident into which another one is merged."""

    into: Annotated[Line, Field(max_length=100, description="UUID or `INC-42`")]
    note: Note | None = None


class SplitIn(BaseModel):
    """Which alerts get an incident of their own."""

    alerts: list[UUID] = Field(min_length=1, max_length=10_000)
    title: Annotated[Line, Field(max_length=500)] | None = None


class LoginIn(BaseModel):
    """E-mail and password for a token."""

    email: Annotated[Line, Field(max_length=320)]
    password: Annotated[Text, Field(max_length=1000)]


_AS_STORED = (
    "id",
    "title",
    "description",
    "status",
    "severity",
    "requested_service_name",
    "team",
    "lead",
    "impacted_scopes",
    "source",
    "fingerprint",
    "labels",
    "links",
    "alert_count",
    "last_alert_at",
    "lid_link",
    "war_room_id",
    "war_room_link",
    "orchestration",
    "detected_at",
    "created_at",
    "acknowledged_at",
    "acknowledged_by",
    "mitigated_at",
    "resolved_at",
    "resolved_by",
    "snoozed_until",
    "roles",
    "responders",
    "acknowledgements",
    "cleared_at",
    "merged_into",
    "resolution_note",
    "root_cause",
)


def incident_out(row: RowMapping | dict[str, Any], settings: Settings) -> dict[str, Any]:
    """An incident as CONTRACT has it.

    Args:
        row: the incident's columns, with the names `service` and `team`.
        settings: for the addresses.
    """
    number = row["number"]
    return {name: row[name] for name in _AS_STORED} | {
        "short_id": f"INC-{number}",
        "service": {"id": row["service_id"], "name": row["service"]},
        "drill": {"time_scale": row["time_scale"]} if row["time_scale"] else None,
        "mttd_seconds": kpi.mttd_seconds(row["detected_at"], row["created_at"]),
        "mtta_seconds": kpi.mtta_seconds(row["created_at"], row["first_acknowledged_at"] or row["acknowledged_at"]),
        "mttr_seconds": kpi.mttr_seconds(row["created_at"], row["resolved_at"]),
        "url": incident_url(settings, number),
        "workflow_id": workflow_id(number),
        "temporal_url": temporal_url(settings, number),
    }


def planned_out(step: PlannedStep) -> dict[str, Any]:
    """A step of a plan as answers show it."""
    shown = {"step", "at", "deliveries", "skipped", "action", "detail"}
    return step.model_dump(include=shown, exclude={"deliveries": {"__all__": {"turn"}}})
