"""What people may tell an incident to do: one union for REST, pages, CLI and `temporal workflow signal`.

A command's id is the update's id, the signal's field and the outbox's key: seen twice, it acts once.
"""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter

from domain.policy import Policy
from domain.severity import Severity

MAX_TEXT = 10_000
_STORABLE = r"^[^\x00]*$"
"""Postgres keeps every character but NUL; a command that cannot be recorded would hold up its incident for ever."""

_Line = Annotated[str, Field(min_length=1, max_length=255, pattern=_STORABLE)]
_Address = Annotated[str, Field(min_length=3, max_length=320, pattern=_STORABLE)]


class _Command(BaseModel):
    model_config = ConfigDict(frozen=True)

    id: str = Field(min_length=1, max_length=200, pattern=_STORABLE)
    actor: str = Field("unknown", max_length=320, pattern=_STORABLE)
    """Who gave the command: an e-mail address, or a word for what did."""
    via: str = Field("api", max_length=40, pattern=_STORABLE)
    """The door: `api`, `web`, `cli`, `temporal` …"""


class Acknowledge(_Command):
    """Somebody takes charge: the ladder stops."""

    kind: Literal["acknowledge"] = "acknowledge"
    note: str | None = Field(None, max_length=MAX_TEXT, pattern=_STORABLE)


class Mitigate(_Command):
    """The impact is reduced."""

    kind: Literal["mitigate"] = "mitigate"
    note: str | None = Field(None, max_length=MAX_TEXT, pattern=_STORABLE)


class Resolve(_Command):
    """It is over."""

    kind: Literal["resolve"] = "resolve"
    resolution_note: str | None = Field(None, max_length=MAX_TEXT, pattern=_STORABLE)
    root_cause: str | None = Field(None, max_length=MAX_TEXT, pattern=_STORABLE)


class Comment(_Command):
    """A note for the timeline and the document."""

    kind: Literal["comment"] = "comment"
    text: str = Field(min_length=1, max_length=MAX_TEXT, pattern=_STORABLE)


class Escalate(_Command):
    """Page the next step of the ladder now."""

    kind: Literal["escalate"] = "escalate"
    note: str | None = Field(None, max_length=MAX_TEXT, pattern=_STORABLE)


class Repair(_Command):
    """Do again what is missing: document, war room, pages that failed."""

    kind: Literal["repair"] = "repair"


class Merge(_Command):
    """It is the same as another incident: its alerts move there, and it ends."""

    kind: Literal["merge"] = "merge"
    into: UUID
    into_short_id: str = Field(pattern=r"^INC-\d+$", max_length=30)
    note: str | None = Field(None, max_length=MAX_TEXT, pattern=_STORABLE)


class Clear(_Command):
    """Every alert of it is back to normal. Intake's own, by the name of the source: no door lets a person give it."""

    kind: Literal["clear"] = "clear"
    as_of: datetime
    """When the last alert went back to normal, UTC, by the database's clock."""
    auto: bool
    """Whether this resolves the incident; else it is a note and a proposal."""
    delay_seconds: float = Field(0, ge=0)
    """With `auto`: how long it must stay quiet before."""
    note: str | None = Field(None, max_length=MAX_TEXT, pattern=_STORABLE)


class Split(_Command):
    """Some of its alerts are in an incident of their own now; the workflow is told so that it counts right."""

    kind: Literal["split"] = "split"
    into: UUID
    into_short_id: str = Field(pattern=r"^INC-\d+$", max_length=30)
    alerts: int = Field(ge=1)
    """How many of the alerts that it counts have left."""
    at: datetime


class Unacknowledge(_Command):
    """Nobody has it in hand after all: the ladder begins again."""

    kind: Literal["unacknowledge"] = "unacknowledge"
    note: str | None = Field(None, max_length=MAX_TEXT, pattern=_STORABLE)


class Snooze(_Command):
    """Nobody is told anything until then; if it is still open, the ladder begins again."""

    kind: Literal["snooze"] = "snooze"
    until: AwareDatetime
    """In a drill, too, it is this instant."""
    note: str | None = Field(None, max_length=MAX_TEXT, pattern=_STORABLE)


class Reassign(_Command):
    """Somebody else, or another team, is to take it: they are told, and the ladder begins again from there."""

    kind: Literal["reassign"] = "reassign"
    to: str = Field(min_length=1, max_length=320, pattern=_STORABLE)
    """An e-mail address, or the name of a team."""
    team_id: UUID | None = None
    """Of the team; None: it is a person."""
    policy: Policy | None = None
    """By which a team escalates; None: the policy stays."""
    note: str | None = Field(None, max_length=MAX_TEXT, pattern=_STORABLE)


class Amend(_Command):
    """Other facts; None leaves one as it is."""

    kind: Literal["amend"] = "amend"
    title: str | None = Field(None, min_length=1, max_length=500, pattern=_STORABLE)
    description: str | None = Field(None, max_length=100_000, pattern=_STORABLE)
    severity: Severity | None = None
    lead: str | None = Field(None, max_length=320, pattern=_STORABLE)
    policy: Policy | None = None
    """By which an incident of the new severity escalates; None: the policy stays."""
    impacted_scopes: tuple[_Line, ...] | None = Field(None, max_length=50)
    labels: dict[_Line, Annotated[str, Field(max_length=5000, pattern=_STORABLE)]] | None = Field(None, max_length=100)


class PagePeople(_Command):
    """More people are asked to join; each accepts or declines."""

    kind: Literal["page_people"] = "page_people"
    people: tuple[_Address, ...] = Field(min_length=1, max_length=50)
    """E-mail addresses."""
    note: str | None = Field(None, max_length=MAX_TEXT, pattern=_STORABLE)


class AnswerCall(_Command):
    """Somebody who was asked to join does, or does not; the actor is who answers."""

    kind: Literal["answer_call"] = "answer_call"
    accepted: bool
    note: str | None = Field(None, max_length=MAX_TEXT, pattern=_STORABLE)


class GiveRole(_Command):
    """Somebody gets a role in the response, such as incident commander."""

    kind: Literal["give_role"] = "give_role"
    role: str = Field(min_length=1, max_length=100, pattern=_STORABLE)
    person: str | None = Field(max_length=320, pattern=_STORABLE)
    """An e-mail address; None: nobody has it any more."""


class UsePolicy(_Command):
    """The escalation policy was changed, and whoever changed it wants that for this incident, too."""

    kind: Literal["use_policy"] = "use_policy"
    policy: Policy


Command = Annotated[
    Acknowledge
    | Unacknowledge
    | Mitigate
    | Resolve
    | Snooze
    | Reassign
    | Amend
    | PagePeople
    | AnswerCall
    | GiveRole
    | UsePolicy
    | Comment
    | Escalate
    | Repair
    | Merge
    | Clear
    | Split,
    Field(discriminator="kind"),
]

FROM_INTAKE = (Clear, Split)
"""What the product tells an incident of itself: when it comes too late, nobody has to hear of it."""

COMMAND: TypeAdapter[Command] = TypeAdapter(Command)

_NAMES = {"resolve": ("resolution_note", "root_cause", "note"), "acknowledge": ("note",), "mitigate": ("note",)}


def from_signal(kind: Literal["acknowledge", "mitigate", "resolve"], payload: Any, fallback_id: str) -> Command:
    """The command of a signal sent by hand: whatever of it is usable is used, and nothing is required.

    Args:
        kind: the signal's name.
        payload: whatever was sent with it; a JSON object when it was sent well.
        fallback_id: the command's id when the sender gave none.
    """
    given = payload if isinstance(payload, dict) else {}

    def text(name: str, limit: int) -> str | None:
        value = given.get(name)
        if not isinstance(value, str):
            return None
        storable = value.replace("\0", "").encode(errors="replace").decode()  # no NUL, no half of a surrogate pair
        return storable[:limit] or None

    fields: dict[str, Any] = {name: text(name, MAX_TEXT) for name in _NAMES[kind]}
    if kind == "resolve":
        note = fields.pop("note")
        fields["resolution_note"] = fields["resolution_note"] or note
    return COMMAND.validate_python(
        {
            "kind": kind,
            "id": text("id", 200) or fallback_id,
            "actor": text("actor", 320) or "temporal",
            "via": text("via", 40) or "temporal",
            **fields,
        }
    )
