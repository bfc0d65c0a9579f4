"""A source: somebody who sends alerts, and how they are treated (REQUIREMENTS S-20, A-22, A-29, X-01)."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from domain.severity import Severity

Seconds = Annotated[int, Field(ge=1, le=31_536_000)]
Line = Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f]*$")]


class Preset(StrEnum):
    """What makes two alerts one incident."""

    FINGERPRINT = "fingerprint"
    """The sender's fingerprint; without one, as `service+severity`."""
    SERVICE = "service"
    SERVICE_SEVERITY = "service+severity"
    LABELS = "labels"
    """The service, and the values of some labels."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Correlation(_Strict):
    """The key of an incident, and how long after its last alert it still absorbs."""

    preset: Preset = Preset.FINGERPRINT
    labels: tuple[Line, ...] = Field(default=(), max_length=20)
    window_seconds: Seconds | None = None
    """None: as long as the incident is open; of `service+severity`, CORRELATION_WINDOW_SECONDS."""

    @model_validator(mode="after")
    def _labels_for_labels(self) -> "Correlation":
        if (self.preset is Preset.LABELS) != bool(self.labels):
            raise ValueError("labels go with the preset 'labels', which needs at least one")
        return self


class Threshold(_Strict):
    """So many alerts of one key within so long, before an incident is opened and anybody is paged."""

    count: int = Field(ge=2, le=1000)
    seconds: Seconds


class Flapping(_Strict):
    """An alert that went back to normal so often within so long is resolved only after it was quiet for as long."""

    changes: int = Field(5, ge=2, le=100)
    seconds: Seconds = 900


class Treatment(_Strict):
    """How alerts become incidents, and what happens when they go back to normal."""

    correlation: Correlation = Correlation()
    auto_resolve: bool = False
    """Off: back to normal is a note and a proposal. On: it resolves the incident."""
    resolve_delay_seconds: int = Field(0, ge=0, le=604_800)
    """With `auto_resolve`: how long it must stay quiet before."""
    threshold: Threshold | None = None
    flapping: Flapping | None = Flapping()
    reopen_seconds: int = Field(0, ge=0, le=604_800)
    """An alert that fires again so soon after its incident was resolved opens one that continues it."""


class SourceSettings(Treatment):
    """What can be set for a source."""

    service_name: Line | None = None
    """Every alert is of this service."""
    default_severity: Severity = Severity.SEV3_MEDIUM
    severity_map: dict[Line, Severity] = Field(default={}, max_length=100)
    """The sender's own words, in any case; what is not here has its usual meaning."""
    owner_service: Line | None = None
    """The service under which trouble with the source itself is reported; the fixed service if None."""
    rate_limit: float | None = Field(None, gt=0, le=1_000_000)
    """Requests per second; TOCSIN_RATE_LIMIT if None."""
    rate_burst: int | None = Field(None, ge=1, le=1_000_000)
    topic_arns: tuple[Line, ...] = Field(default=(), max_length=100)
    """CloudWatch: the SNS topics that may send."""
    heartbeat_seconds: Seconds | None = None
    """A dead-man's switch: an incident opens when so long no ping came."""
    heartbeat_grace_seconds: int = Field(0, ge=0, le=86_400)
    heartbeat_severity: Severity = Severity.SEV2_HIGH

    @field_validator("severity_map")
    @classmethod
    def _any_case(cls, table: dict[str, Severity]) -> dict[str, Severity]:
        return {word.strip().lower(): severity for word, severity in table.items()}


class Source(BaseModel):
    """A source as intake knows it."""

    model_config = ConfigDict(frozen=True)

    id: UUID | None = None
    """None: nobody's source, an API token that speaks a format."""
    name: str
    kind: str
    settings: SourceSettings = SourceSettings()
    secret: bytes | None = Field(None, repr=False)
    """With which the sender signs, still sealed."""

    @property
    def scope(self) -> str:
        """Fingerprints of a source are its own: another's same `dedup_key` is another alert."""
        return f"source:{self.id}:" if self.id else ""
