"""`/lint/`, `/policies/replay/`, `/incidents/{id}/why/`: is everybody covered, what if, and why."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, StrictBool

from api.applying import read_files
from api.catalogue.bodies import value_of
from api.container import Container
from api.problems import Problem
from api.references import IncidentRow
from api.requests import JsonRoute, Parts, needs
from domain.catalogue import Catalogue, Policy, broken_references
from domain.changes import wanted
from domain.foresight.finding import Finding
from domain.foresight.lint import DAYS, MOST_DAYS, MOST_MINUTES, WITHIN_MINUTES
from domain.foresight.replay import MOST_DAYS_BACK
from domain.roles import Permission
from gateway.foresight.coverage import findings, unread_calendars
from gateway.foresight.past import replayed
from gateway.foresight.reasons import why_of

router = APIRouter(tags=["foresight"], route_class=JsonRoute, dependencies=[needs(Permission.READ)])

Days = Annotated[int, Query(ge=1, le=MOST_DAYS, description="How far ahead")]
Within = Annotated[int, Query(ge=1, le=MOST_MINUTES, description="How soon a person must be told, in minutes")]


class LintIn(BaseModel):
    """A catalogue that is looked at before it is applied."""

    model_config = ConfigDict(extra="forbid")

    catalogue: dict[str, Any] = Field(description="Lists of entries by kind, as `tocsin export` writes them.")
    alone: StrictBool = Field(False, description="These entries alone; otherwise laid over those that there are.")
    prune: StrictBool = Field(False, description="Without what they leave out of the kinds that they name.")
    days: int = Field(DAYS, ge=1, le=MOST_DAYS)
    within_minutes: int = Field(WITHIN_MINUTES, ge=1, le=MOST_MINUTES)


class ReplayIn(BaseModel):
    """A policy that is tried on the past."""

    model_config = ConfigDict(extra="forbid")

    policy: dict[str, Any] = Field(description="As in `POST /policies/`.")
    days: int = Field(30, ge=1, le=MOST_DAYS_BACK)
    team: str | None = Field(None, max_length=255)


@router.get("/lint/")
async def lint_running(parts: Parts, days: Days = DAYS, within_minutes: Within = WITHIN_MINUTES) -> dict[str, Any]:
    """Is everybody covered? Faults and warnings of the catalogue as it is."""
    async with parts.sessions() as session:
        catalogue, unread = await parts.catalogue.read(session), await unread_calendars(session)
    since = datetime.now(UTC)
    return _out(await findings(catalogue, since, days, within_minutes, parts.settings, unread), since, days)


@router.post("/lint/")
async def lint_files(body: LintIn, parts: Parts) -> dict[str, Any]:
    """Would everybody be covered? Of a catalogue that is not applied."""
    files, unread = read_files(body.catalogue), {}
    if not body.alone:
        async with parts.sessions() as session:
            present, unread = await parts.catalogue.read(session), await unread_calendars(session)
        files = wanted(present, files, prune=body.prune).whole
    since = datetime.now(UTC)
    found = await findings(files, since, body.days, body.within_minutes, parts.settings, unread)
    return _out(found, since, body.days)


@router.post("/policies/replay/")
async def replay(body: ReplayIn, parts: Parts) -> dict[str, Any]:
    """What would have been paged in the past by another policy, beside what was: by the first climb of each incident.

    What came after an incident was reassigned, changed or given back is counted on neither side.
    """
    policy = _policy_of(body)
    async with parts.sessions() as session:
        catalogue = await parts.catalogue.read(session)
        if body.team is not None and body.team not in catalogue.team_named:
            there_are = ", ".join(catalogue.team_named) or "none yet"
            raise Problem.of_field("team", f"there is no team '{body.team}'; there are: {there_are}")
        _require_known(policy, catalogue)
        return await replayed(session, catalogue, policy.rules, body.days, body.team, parts.settings)


def _policy_of(body: ReplayIn) -> Policy:
    """The policy that is tried; what is wrong with it is named as a part of `policy`."""
    try:
        return value_of(Policy, body.policy, "policy").model_copy(update={"is_default": False})
    except Problem as problem:
        raise _inside(problem.status, problem.errors) from problem


def _require_known(policy: Policy, catalogue: Catalogue) -> None:
    """Return when everybody and everything exists that the policy names.

    Raises:
        Problem: 422 naming the fields.
    """
    others = [one for one in catalogue.policies if one.name != policy.name]
    faults = [
        {"field": fault.field, "message": fault.message}
        for fault in broken_references(catalogue.having("policies", [*others, policy]))
        if fault.kind == "policies" and fault.name == policy.name
    ]
    if faults:
        raise _inside(422, faults)


def _inside(status: int, errors: Sequence[dict[str, str]]) -> Problem:
    """A problem with fields of `policy`."""
    named = [
        one if one["field"] == "policy" else {"field": f"policy.{one['field']}", "message": one["message"]}
        for one in errors
    ]
    return Problem(status, "; ".join(f"{one['field']}: {one['message']}" for one in named[:10]), named)


@router.get("/incidents/{id}/why/", tags=["incidents"])
async def why(row: IncidentRow, parts: Parts) -> dict[str, Any]:
    """The history in sentences: who was paged, when, by which rule, on whose schedule; who was not, and why."""
    sentences = await _why(parts, row["id"])
    return {"incident": f"INC-{row['number']}", "items": sentences}


async def _why(parts: Container, incident_id: Any) -> list[dict[str, Any]]:
    async with parts.sessions() as session:
        found = await why_of(session, parts.catalogue, incident_id, parts.settings)
    return [sentence.model_dump(mode="json") for sentence in found]


def _out(found: list[Finding], since: datetime, days: int) -> dict[str, Any]:
    faults = sum(finding.severity == "fault" for finding in found)
    return {
        "since": since,
        "days": days,
        "faults": faults,
        "warnings": len(found) - faults,
        "items": [{**finding.model_dump(mode="json"), "where": finding.where} for finding in found],
    }
