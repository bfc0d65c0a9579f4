"""`/catalogue/`: all of it at once, what files would change of it, and files applied."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StrictBool

from api.applying import apply, read_files, what_would_change
from api.requests import Caller, JsonRoute, Parts, needs
from domain.changes import Change
from domain.roles import Permission

router = APIRouter(prefix="/catalogue", tags=["catalogue"], route_class=JsonRoute)


class FilesIn(BaseModel):
    """What files say, and whether what they leave out goes."""

    model_config = ConfigDict(extra="forbid")

    catalogue: dict[str, Any] = Field(description="Lists of entries by kind, as `tocsin export` writes them.")
    prune: StrictBool = Field(False, description="Remove what the files leave out of the kinds that they name.")


class ApplyIn(FilesIn):
    """Files to apply."""

    dry_run: StrictBool = Field(False, description="Check all of it, say what would change, and change nothing.")


@router.get("/", dependencies=[needs(Permission.MANAGE)])
async def whole(parts: Parts) -> dict[str, Any]:
    """The whole catalogue, as files have it: without overrides and what was read of imported calendars."""
    async with parts.sessions() as session:
        catalogue = await parts.catalogue.read(session)
    return catalogue.model_dump(mode="json", by_alias=True)


@router.post("/diff/", dependencies=[needs(Permission.MANAGE)])
async def diff(body: FilesIn, parts: Parts, caller: Caller) -> dict[str, Any]:
    """What would change if the files were applied."""
    plan = await what_would_change(parts, caller, read_files(body.catalogue), prune=body.prune)
    return _out(plan.changes, applied=False)


@router.post("/apply/", dependencies=[needs(Permission.MANAGE)])
async def apply_files(body: ApplyIn, parts: Parts, caller: Caller) -> dict[str, Any]:
    """Make the catalogue what the files say, all of it or nothing. Open incidents keep their policies."""
    files = read_files(body.catalogue)
    if body.dry_run:
        plan = await what_would_change(parts, caller, files, prune=body.prune)
        return _out(plan.changes, applied=False)
    return _out(await apply(parts, caller, files, prune=body.prune), applied=True)


def _out(changes: tuple[Change, ...], *, applied: bool) -> dict[str, Any]:
    return {"changes": [change.model_dump(mode="json") for change in changes], "applied": applied}
