"""`/maintenance/`: times at which alerts of some services or teams are expected, and page nobody."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from fastapi import APIRouter, Path, Response
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.container import Container
from api.problems import Problem
from api.requests import Caller, Cursor, JsonRoute, Limit, Parts, decode_cursor, encode_cursor, needs, page
from api.schemas import Line, Text
from db.adding import added_once
from db.house import readable, window_value
from db.models import MaintenanceWindow, Service, Team, new_id
from domain.intake.maintenance import MaintenanceWindow as WindowValue
from domain.intake.maintenance import Repeat
from domain.roles import Permission

router = APIRouter(prefix="/maintenance", tags=["maintenance"], route_class=JsonRoute)

SHOWN = 5
"""Occurrences that an answer shows."""
_LONGEST = timedelta(days=31)
_STEP = {Repeat.DAILY: timedelta(days=1), Repeat.WEEKLY: timedelta(days=7), Repeat.MONTHLY: timedelta(days=28)}
Day = TypeVar("Day", date, datetime)
_FACTS = ("name", "time_zone", "start", "end", "repeat", "interval", "until", "services", "teams", "reason")


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"there is no time zone '{name}': use an IANA name such as Europe/Paris")
    return name


def _wall_clock(value: object) -> object:
    """A date and a time of day without an offset: which instant that is, the zone says."""
    if not isinstance(value, str | datetime):
        raise ValueError("must be a local time such as 2026-10-25T02:00")
    at = value if isinstance(value, datetime) else _read(value)
    if at.tzinfo is not None:
        raise ValueError("must be without an offset, such as 2026-10-25T02:00: the time zone says the rest")
    return _near(at).replace(microsecond=0)


def _read(text: str) -> datetime:
    try:
        if "T" not in text.upper() and " " not in text.strip():
            raise ValueError("no time of day")
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError("must be a local time such as 2026-10-25T02:00") from error


def _near(day: Day) -> Day:
    if not 1970 <= day.year <= 2200:
        raise ValueError("must lie between the years 1970 and 2200")
    return day


WallClock = Annotated[datetime, BeforeValidator(_wall_clock)]
Names = Annotated[tuple[Annotated[Line, Field(max_length=255)], ...], Field(max_length=100)]


class MaintenanceIn(BaseModel):
    """A maintenance window and its repetitions."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[Line, Field(max_length=255)]
    time_zone: Annotated[Line, Field(max_length=64), AfterValidator(_known_zone)]
    start: WallClock
    end: WallClock
    repeat: Repeat = Repeat.ONCE
    interval: Annotated[int, Field(strict=True, ge=1, le=1000)] = 1
    until: Annotated[date, AfterValidator(_near)] | None = None
    services: Names = ()
    teams: Names = ()
    reason: Annotated[Text, Field(max_length=1000)] = ""

    def require_sound(self) -> None:
        """Refuse what contradicts itself.

        Raises:
            Problem: naming the field.
        """
        length = self.end - self.start
        if length <= timedelta(0):
            raise Problem.of_field("end", "must be later than the start")
        if length > _LONGEST:
            raise Problem.of_field("end", f"must be at most {_LONGEST.days} days after the start")
        if self.repeat is not Repeat.ONCE and length > _STEP[self.repeat] * self.interval:
            raise Problem.of_field("end", "must not be later than the next repetition's start")
        if self.until is not None and self.until < self.start.date():
            raise Problem.of_field("until", "must not be before the start")
        if not self.services and not self.teams:
            raise Problem.of_field("services", "name at least one service, or a team in 'teams'")


@router.get("/")
async def list_windows(parts: Parts, limit: Limit = 50, cursor: Cursor = None) -> dict[str, Any]:
    """Maintenance windows, the latest first, each with its next occurrences."""
    query = select(MaintenanceWindow).order_by(MaintenanceWindow.id.desc()).limit(limit)
    position = decode_cursor(cursor, UUID)
    if position:
        query = query.where(MaintenanceWindow.id < position[0])
    async with parts.sessions() as session:
        rows = (await session.scalars(query)).all()
    return page([_shown(row) for row in rows], limit, lambda: encode_cursor(rows[-1].id))


@router.post("/", status_code=201, dependencies=[needs(Permission.RESPOND)])
async def add_window(body: MaintenanceIn, parts: Parts, caller: Caller) -> dict[str, Any]:
    """A new maintenance window."""
    return await make_window(body, parts, caller.email, new_id())


async def make_window(body: MaintenanceIn, parts: Container, by: str, id: UUID) -> dict[str, Any]:
    """A new maintenance window under an id; made twice under the same one it is there once."""
    body.require_sound()
    row = MaintenanceWindow(id=id, created_by=by)
    async with parts.sessions.begin() as session:
        await _write(session, row, body)
        row = await added_once(session, row)
    parts.intake.forget()
    return _shown(row)


@router.get("/{id}/")
async def one_window(id: Annotated[UUID, Path()], parts: Parts) -> dict[str, Any]:
    """One maintenance window."""
    async with parts.sessions() as session:
        return _shown(await _row(session, id))


@router.patch("/{id}/", dependencies=[needs(Permission.RESPOND)])
async def change_window(id: Annotated[UUID, Path()], body: dict[str, Any], parts: Parts) -> dict[str, Any]:
    """Change what is named; the rest stays."""
    async with parts.sessions.begin() as session:
        row = await _row(session, id)
        changed = MaintenanceIn.model_validate({name: getattr(row, name) for name in _FACTS} | body)
        changed.require_sound()
        await _write(session, row, changed)
    parts.intake.forget()
    return _shown(row)


@router.delete("/{id}/", status_code=204, dependencies=[needs(Permission.RESPOND)])
async def delete_window(id: Annotated[UUID, Path()], parts: Parts) -> Response:
    """Delete a maintenance window; alerts that it kept quiet say so still."""
    async with parts.sessions.begin() as session:
        await session.delete(await _row(session, id))
    parts.intake.forget()
    return Response(status_code=204)


async def _write(session: AsyncSession, row: MaintenanceWindow, body: MaintenanceIn) -> None:
    services = set(await session.scalars(select(Service.name).where(Service.name.in_(body.services))))
    teams = set(await session.scalars(select(Team.name).where(Team.name.in_(body.teams))))
    for field, names, known in (("services", body.services, services), ("teams", body.teams, teams)):
        for name in names:
            if name not in known:
                raise Problem.of_field(field, f"there is no {field[:-1]} '{name}'")
    for name in _FACTS:
        setattr(row, name, getattr(body, name))
    row.repeat = body.repeat.value
    row.services, row.teams = list(dict.fromkeys(body.services)), list(dict.fromkeys(body.teams))


async def _row(session: AsyncSession, id: UUID) -> MaintenanceWindow:
    row = await session.get(MaintenanceWindow, id)
    if row is None:
        raise Problem(404, f"There is no maintenance window {id}")
    return row


def _shown(row: MaintenanceWindow) -> dict[str, Any]:
    facts = {name: getattr(row, name) for name in ("id", *_FACTS, "created_by", "created_at")}
    facts |= {name: getattr(row, name).isoformat(timespec="seconds") for name in ("start", "end")}
    spans = [span for window in readable([row], window_value) for span in _coming(window)]
    return facts | {"next": [{"start": begin, "end": end} for begin, end in spans]}


def _coming(window: WindowValue) -> list[tuple[datetime, datetime]]:
    """The occurrence that is under way, and the next ones."""
    begin = max(datetime.now(UTC), _instant(window))
    # Twice as long as so many repetitions take, for some months have no 31st.
    span = timedelta(days=2 * SHOWN * 62 * window.interval if window.repeat is Repeat.MONTHLY else 0)
    span = max(span, _STEP.get(window.repeat, timedelta(1)) * window.interval * (SHOWN + 1), timedelta(days=32))
    return window.occurrences(begin, begin + span)[:SHOWN]


def _instant(window: WindowValue) -> datetime:
    return (window.start - timedelta(days=1)).replace(tzinfo=ZoneInfo(window.time_zone)).astimezone(UTC)
