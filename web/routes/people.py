"""People: the list, and the page of each with how they are reached; everybody edits their own."""

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from api.catalogue import editing
from api.catalogue.people import PEOPLE
from api.container import Container
from db.access import BrowserSession
from db.catalogue.entries import find
from db.contact_methods import methods_of
from db.models import new_id
from db.schedules import feeds
from db.schedules.feeds import Owner
from domain.catalogue import Catalogue, User
from domain.roles import RANK, Permission, may
from web import flash
from web.errors import PageError, PageRoute
from web.forms import Form
from web.refusals import noted
from web.rendering import render
from web.sign_in import Browser, Parts, Posted, require
from web.views.feeds import listed
from web.views.naming import address_of
from web.views.people import (
    OWN_FIELDS,
    PROFILE_FIELDS,
    away_asked,
    hidden_methods,
    open_methods,
    person_values,
    quiet_asked,
    rule_asked,
    usual_form,
    without,
)
from web.views.reach import troubles

router = APIRouter(route_class=PageRoute)

LISTS = {"rules": "notification_rules", "quiet": "quiet_hours", "away": "days_away"}
"""By the word in the address: the field of a person."""
_RULE = {"notification_rules": "rule_channel"}
_QUIET = {"quiet_hours": "quiet_from"}
_AWAY = {"days_away": "away_start"}


@router.get("/people")
async def people_page(request: Request, parts: Parts, browser: Browser) -> Response:
    """Everybody, and whether they can be reached."""
    async with parts.sessions() as session:
        catalogue = await parts.catalogue.read(session)
    now = datetime.now(UTC)
    shown = [
        {
            "user": user,
            "teams": [team.name for team in catalogue.teams if user.email in team.members],
            "troubles": list(troubles(user, now)),
        }
        for user in sorted(catalogue.users, key=lambda user: (not user.is_active, user.name.casefold()))
    ]
    return render(request, "people.html", people=shown, may_manage=may(browser.principal.role, Permission.MANAGE))


@router.get("/people/me")
async def me(browser: Browser) -> Response:
    """My own page."""
    return RedirectResponse(address_of("people", browser.principal.email), 303)


@router.post("/people/{email:path}/profile")
async def profile(request: Request, parts: Parts, browser: Browser, form: Posted, email: str) -> Response:
    """Name, time zone, language."""
    require_own(browser, email)
    body: dict[str, Any] = {name: form.raw(name).strip() for name in OWN_FIELDS}
    if may(browser.principal.role, Permission.MANAGE) and form.raw("role"):
        body |= {"role": form.raw("role"), "title": form.raw("title").strip() or None}
        body["is_active"] = form.ticked("is_active")
    with noted(form, PROFILE_FIELDS, "name"):
        await editing.change(parts, browser.principal, PEOPLE, email, body)
        return _saved(email, "profile", "The profile is kept.")
    return await page(request, parts, browser, email, form)


@router.post("/people/{email:path}/rules")
async def add_rule(request: Request, parts: Parts, browser: Browser, form: Posted, email: str) -> Response:
    """By what they are told of urgent incidents or of others, and how long after."""
    require_own(browser, email)
    rule = rule_asked(form)
    return await _added(request, parts, browser, form, email, "rules", rule, _RULE, "The rule is kept.")


@router.post("/people/{email:path}/quiet")
async def add_quiet(request: Request, parts: Parts, browser: Browser, form: Posted, email: str) -> Response:
    """When they are not to be woken."""
    require_own(browser, email)
    hours = quiet_asked(form)
    return await _added(request, parts, browser, form, email, "quiet", hours, _QUIET, "The quiet hours are kept.")


@router.post("/people/{email:path}/away")
async def add_away(request: Request, parts: Parts, browser: Browser, form: Posted, email: str) -> Response:
    """When they are not there: nobody who is away is paged."""
    require_own(browser, email)
    async with parts.sessions() as session:
        user = person(await parts.catalogue.read(session), email)
    days = away_asked(form, user.time_zone)
    return await _added(request, parts, browser, form, email, "away", days, _AWAY, "The days away are kept.")


@router.post("/people/{email:path}/{what}/delete")
async def take_away(parts: Parts, browser: Browser, form: Posted, email: str, what: str) -> Response:
    """A rule, quiet hours, or days away, go."""
    require_own(browser, email)
    if what not in LISTS:
        raise PageError(404, "There is nothing like this to delete.")
    async with parts.sessions() as session:
        user = person(await parts.catalogue.read(session), email)
    rest = without(getattr(user, LISTS[what]), form.raw("key"))
    await editing.change(parts, browser.principal, PEOPLE, user.email, {LISTS[what]: rest})
    return _saved(email, what, "It is gone.")


@router.get("/people/{email:path}")
async def person_page(request: Request, parts: Parts, browser: Browser, email: str) -> Response:
    """How somebody is reached, and when they are on call."""
    return await page(request, parts, browser, email)


def person(catalogue: Catalogue, email: str) -> User:
    """The person of an address.

    Raises:
        PageError: there is none.
    """
    user = catalogue.user_named.get(email.rstrip("/"))
    if user is None:
        raise PageError(404, "There is nobody of this address.")
    return user


def may_edit(browser: BrowserSession, user: User) -> bool:
    """Whether somebody may change a person: themselves, or whom they manage."""
    caller = browser.principal
    return caller.email == user.email or (
        may(caller.role, Permission.MANAGE) and RANK[user.role] <= RANK.get(caller.role, -1)
    )


def require_own(browser: BrowserSession, email: str) -> None:
    """Refuse who would change somebody else without managing people.

    Raises:
        PageError: they would.
    """
    if browser.principal.email != email:
        require(browser, Permission.MANAGE)


async def page(
    request: Request, parts: Container, browser: BrowserSession, email: str, form: Form | None = None
) -> Response:
    """The page, with what was typed and what is wrong with it."""
    async with parts.sessions() as session:
        catalogue = await parts.catalogue.read(session)
        user = person(catalogue, email)
        editable = may_edit(browser, user)
        row = await find(session, "users", user.email)
        links = await feeds.of(session, Owner(user_id=row.id)) if row and editable else []
        methods = open_methods(await methods_of(session, row.id)) if row and editable else hidden_methods(user)
    errors = form.errors if form else {}
    shown = Form({**usual_form(user), **form.posted} if form else usual_form(user), errors)
    values = person_values(catalogue, user)
    return render(
        request,
        "person.html",
        422 if errors else 200,
        refresh=address_of("people", user.email),
        here=address_of("people", user.email),
        is_me=user.email == browser.principal.email,
        may_edit=editable,
        feeds=listed(links),
        may_make_feed=editable,
        may_drop_feed=editable,
        may_manage=may(browser.principal.role, Permission.MANAGE),
        role_choices=[(role, role) for role, rank in RANK.items() if rank <= RANK.get(browser.principal.role, -1)],
        methods=methods,
        form=shown,
        errors=errors,
        zone=catalogue.time_zone_of(browser.principal.email),
        new_form_id=lambda: new_id().hex,
        **values,
    )


async def _added(
    request: Request,
    parts: Container,
    browser: BrowserSession,
    form: Form,
    email: str,
    what: str,
    value: dict[str, Any],
    fields: dict[str, str],
    done: str,
) -> Response:
    """One more in a list of a person."""
    if not form.errors:
        async with parts.sessions() as session:
            user = person(await parts.catalogue.read(session), email)
        kept = [one.model_dump(mode="json", by_alias=True) for one in getattr(user, LISTS[what])]
        if value in kept:
            return _saved(email, what, done)
        with noted(form, fields, next(iter(fields.values()))):
            await editing.change(parts, browser.principal, PEOPLE, user.email, {LISTS[what]: [*kept, value]})
            return _saved(email, what, done)
    return await page(request, parts, browser, email, form)


def _saved(email: str, what: str, done: str) -> Response:
    return flash.redirect(f"{address_of('people', email)}#{what}", "good", done)
