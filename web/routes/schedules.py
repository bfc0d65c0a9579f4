"""One schedule: its calendar and its shifts; and the page on which it is written, previewed and kept."""

from datetime import UTC, datetime, timedelta

from fastapi import APIRouter, Request, Response

from api.catalogue import editing
from api.catalogue.schedules import SCHEDULES
from api.container import Container
from api.problems import Problem
from api.schedule_bodies import require_work
from db.access import BrowserSession
from domain.catalogue import Catalogue, broken_references
from domain.roles import Permission
from domain.schedule.schedule import Schedule
from web import flash
from web.addressed import entry_of
from web.errors import PageRoute
from web.forms import Form
from web.rendering import render
from web.sign_in import Browser, Parts, Posted, require
from web.views.calendar import monday
from web.views.naming import address_of
from web.views.schedules import WEEKS, Span, drawn, odd
from web.yaml_text import Wrong, dumped, faults_of, read, written

router = APIRouter(route_class=PageRoute)

EXAMPLE = {
    "name": "",
    "time_zone": "Europe/Paris",
    "layers": [
        {
            "name": "primary",
            "level": 1,
            "rotations": [
                {
                    "kind": "weekly",
                    "start": "2026-01-05T09:00:00+01:00",
                    "participants": [["ana@example.com"], ["bo@example.com"]],
                }
            ],
        }
    ],
}


@router.get("/schedules/new")
async def new_schedule_page(request: Request, parts: Parts, browser: Browser) -> Response:
    """An example to begin with."""
    require(browser, Permission.MANAGE)
    return await _editor(request, parts, None, Form({"definition": [dumped(EXAMPLE)]}))


@router.post("/schedules/new")
async def add(request: Request, parts: Parts, browser: Browser, form: Posted) -> Response:
    """Preview it, or keep it."""
    require(browser, Permission.MANAGE)
    return await _taken(request, parts, browser, None, form)


@router.get("/schedules/{name:path}/edit")
async def edit_page(request: Request, parts: Parts, browser: Browser, name: str) -> Response:
    """The schedule as YAML."""
    require(browser, Permission.MANAGE)
    async with parts.sessions() as session:
        schedule = entry_of((await parts.catalogue.read(session)).schedule_named, name, "schedule")
    return await _editor(request, parts, schedule.name, Form({"definition": [written(schedule)]}))


@router.post("/schedules/{name:path}/edit")
async def edit(request: Request, parts: Parts, browser: Browser, form: Posted, name: str) -> Response:
    """Preview it, or keep it."""
    require(browser, Permission.MANAGE)
    async with parts.sessions() as session:
        schedule = entry_of((await parts.catalogue.read(session)).schedule_named, name, "schedule")
    return await _taken(request, parts, browser, schedule.name, form)


async def _taken(request: Request, parts: Container, browser: BrowserSession, name: str | None, form: Form) -> Response:
    async with parts.sessions() as session:
        catalogue = await parts.catalogue.read(session)
    try:
        schedule = read(form.raw("definition"), Schedule)
        require_work(schedule, timedelta(days=7 * WEEKS[-1]))
        if not form.ticked("save"):
            kept = catalogue.schedule_named.get(name or "")
            SCHEDULES.check(browser.principal, kept, schedule, catalogue)
            _require_sound(catalogue, schedule)
            return await _editor(request, parts, name, form, preview=schedule)
        body = schedule.model_dump(mode="json")
        if name is None:
            await editing.add(parts, browser.principal, SCHEDULES, body)
        else:
            await editing.change(parts, browser.principal, SCHEDULES, name, body)
    except Wrong as wrong:
        return await _editor(request, parts, name, form, faults=wrong.faults)
    except Problem as problem:
        return await _editor(request, parts, name, form, faults=faults_of(problem))
    return flash.redirect(address_of("schedules", schedule.name), "good", f"The schedule “{schedule.name}” is kept.")


def _require_sound(catalogue: Catalogue, schedule: Schedule) -> None:
    """Return when all that a schedule names exists.

    Raises:
        Wrong: something does not.
    """
    others = tuple(one for one in catalogue.schedules if one.name != schedule.name)
    faults = broken_references(catalogue.having("schedules", [*others, schedule]))
    own = [(one.field, f"{one.message}.") for one in faults if (one.kind, one.name) == ("schedules", schedule.name)]
    if own:
        raise Wrong(list(dict.fromkeys(own)))


async def _editor(
    request: Request,
    parts: Container,
    name: str | None,
    form: Form,
    *,
    faults: list[tuple[str, str]] | None = None,
    preview: Schedule | None = None,
) -> Response:
    async with parts.sessions() as session:
        catalogue = await parts.catalogue.read(session)
    shown = {}
    if preview is not None:
        now = datetime.now(UTC)
        kept = catalogue.schedule_named.get(name or "")
        whole = preview.model_copy(update={"overrides": kept.overrides if kept else ()})
        span = Span(monday(now, preview.time_zone), WEEKS[-1])
        shown = drawn(whole, catalogue, preview.time_zone, span, now) | odd(whole, catalogue, now)
    return render(
        request,
        "schedule_edit.html",
        422 if faults else 200,
        title=f"Edit {name}" if name else "New schedule",
        here=f"{address_of('schedules', name)}/edit" if name else "/schedules/new",
        back=address_of("schedules", name) if name else "/oncall",
        form=form,
        faults=faults or [],
        errors={"definition": "This cannot be taken: see below."} if faults else {},
        preview=preview,
        **shown,
    )
