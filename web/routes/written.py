"""Teams, policies and routes as YAML in a text area: read again, every fault named, kept."""

from typing import Any

from fastapi import APIRouter, Request, Response

from api.catalogue import editing
from api.catalogue.kind import Kind
from api.catalogue.kinds import POLICIES, ROUTES, TEAMS
from api.container import Container
from api.problems import Problem
from api.routes.policies import change as change_policy
from db.access import BrowserSession
from domain.catalogue import Entry, name_of
from domain.roles import Permission
from web import flash
from web.errors import PageError, PageRoute
from web.forms import Form
from web.rendering import render
from web.sign_in import Browser, Parts, Posted, require
from web.views.naming import address_of
from web.yaml_text import Wrong, dumped, faults_of, read, written

router = APIRouter(route_class=PageRoute)

KNOWN: dict[str, Kind[Any]] = {"teams": TEAMS, "policies": POLICIES, "routes": ROUTES}
EXAMPLES: dict[str, dict[str, Any]] = {
    "teams": {"name": "", "description": "", "channel": "#", "time_zone": "Europe/Paris", "members": []},
    "policies": {
        "name": "",
        "steps": [
            {"after_seconds": 0, "targets": [{"kind": "on_call"}]},
            {"after_seconds": 300, "targets": [{"kind": "on_call", "level": 2, "channel": "sms"}]},
            {"after_seconds": 900, "targets": [{"kind": "manager", "channel": "phone"}]},
        ],
        "repeat_seconds": 1800,
        "max_rounds": 3,
    },
    "routes": {
        "name": "",
        "when": {"severities": ["SEV1_CRITICAL"]},
        "targets": [{"kind": "on_call", "channel": "sms"}, {"kind": "team_channel"}],
    },
}
HINTS = {
    "teams": "People by e-mail address; schedule and policy by name.",
    "policies": "after_seconds counts from the start of the ladder. Steps: notify (usual), wait_until_covered, "
    "open_war_room, assign_role, resolve. Targets: on_call, next_on_call, team, team_channel, manager, title, person, "
    "people, lead, chat_channel, emails, webhook; without a channel, by each person's own rules.",
    "routes": "Every route that applies adds its own. The usual ones hold only while the catalogue has none.",
}


@router.post("/policies/{name:path}/apply")
async def apply(parts: Parts, browser: Browser, form: Posted, name: str) -> Response:
    """Open incidents that run an older version take this one."""
    require(browser, Permission.MANAGE)
    answer = await change_policy(name, {}, parts, browser.principal, True)
    count = answer["applied_to"]
    done = f"{count} open incident{'' if count == 1 else 's'} climb{'s' if count == 1 else ''} by this version now."
    return flash.redirect(address_of("policies", name), "good", done)


@router.get("/{kind}/new")
async def new_page(request: Request, parts: Parts, browser: Browser, kind: str) -> Response:
    """An example to begin with."""
    _known(kind)
    require(browser, Permission.MANAGE)
    return _editor(request, kind, None, Form({"definition": [dumped(EXAMPLES[kind])]}))


@router.post("/{kind}/new")
async def add(request: Request, parts: Parts, browser: Browser, form: Posted, kind: str) -> Response:
    """Keep it."""
    require(browser, Permission.MANAGE)
    return await _taken(request, parts, browser, _known(kind), None, form)


@router.get("/{kind}/{name:path}/edit")
async def edit_page(request: Request, parts: Parts, browser: Browser, kind: str, name: str) -> Response:
    """The entry as YAML."""
    _known(kind)
    require(browser, Permission.MANAGE)
    return _editor(request, kind, name, Form({"definition": [written(await _entry(parts, kind, name))]}))


@router.post("/{kind}/{name:path}/edit")
async def edit(request: Request, parts: Parts, browser: Browser, form: Posted, kind: str, name: str) -> Response:
    """Keep it."""
    require(browser, Permission.MANAGE)
    return await _taken(request, parts, browser, _known(kind), name, form)


def _known(kind: str) -> str:
    if kind not in KNOWN:
        raise PageError(404, "There is no page at this address.")
    return kind


async def _entry(parts: Container, kind: str, name: str) -> Entry:
    async with parts.sessions() as session:
        entry = (await parts.catalogue.read(session)).entries(kind).get(name)
    if entry is None:
        raise PageError(404, f"There is no {KNOWN[kind].one} of this name.")
    return entry


async def _taken(
    request: Request, parts: Container, browser: BrowserSession, kind: str, name: str | None, form: Form
) -> Response:
    what = KNOWN[kind]
    kept = await _entry(parts, kind, name) if name else None
    try:
        entry = read(form.raw("definition"), what.value)
        body = entry.model_dump(mode="json", by_alias=True)
        if kept is None:
            await editing.add(parts, browser.principal, what, body)
        else:
            await editing.change(parts, browser.principal, what, name_of(kept), body)
    except Wrong as wrong:
        return _editor(request, kind, name, form, wrong.faults)
    except Problem as problem:
        return _editor(request, kind, name, form, faults_of(problem))
    here = "/policies#routes" if kind == "routes" else address_of(kind, name_of(entry))
    return flash.redirect(here, "good", f"The {what.one} “{name_of(entry)}” is kept.")


def _editor(
    request: Request, kind: str, name: str | None, form: Form, faults: list[tuple[str, str]] | None = None
) -> Response:
    one = KNOWN[kind].one
    back = "/policies#routes" if kind == "routes" else address_of(kind, name) if name else "/policies"
    return render(
        request,
        "written.html",
        422 if faults else 200,
        title=f"Edit {name}" if name else f"New {one}",
        one=one,
        hint=HINTS[kind],
        here=f"{address_of(kind, name)}/edit" if name else f"/{kind}/new",
        back="/oncall" if kind == "teams" and not name else back,
        form=form,
        faults=faults or [],
        errors={"definition": "This cannot be taken: see below."} if faults else {},
    )
