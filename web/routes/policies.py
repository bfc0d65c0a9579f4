"""Policies and routes as people read them: the ladder, who that would be, who still runs an older version."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from fastapi import APIRouter, Request, Response

from api.container import Container
from db.access import BrowserSession
from db.models import new_id
from domain.climb import PlannedStep
from domain.policy_advice import warnings
from domain.roles import Permission, may
from domain.routing import DEFAULT_ROUTES
from domain.severity import Severity
from web.addressed import entry_of
from web.errors import PageRoute
from web.rendering import render
from web.sign_in import Browser, Parts
from web.views.ladders import ladder_lines, only_words, rest_words, target_words
from web.views.naming import address_of, naming
from web.views.policies import asked_of, default_of, open_incidents, planned, services_of
from web.views.reach import CHANNELS

router = APIRouter(route_class=PageRoute)

SHOWN_ROUNDS = timedelta(hours=12)
"""Of a plan, what lies closer."""


@router.get("/policies")
async def policies_page(request: Request, parts: Parts, browser: Browser) -> Response:
    """Every policy, who uses it, and the routes."""
    async with parts.sessions() as session:
        catalogue = await parts.catalogue.read(session)
    name = naming(catalogue)
    routes = catalogue.routes or DEFAULT_ROUTES
    return render(
        request,
        "policies.html",
        policies=[
            {
                "value": policy,
                "lines": list(ladder_lines(policy, name)),
                "teams": [
                    team.name for team in catalogue.teams if policy.name in (team.policy, *team.policies.values())
                ],
            }
            for policy in catalogue.policies
        ],
        routes=[
            {
                "value": route,
                "only": only_words(route.when),
                "told": [target_words(target, name) for target in route.targets],
            }
            for route in routes
        ],
        routes_are_usual=not any(route.is_active for route in catalogue.routes),
        may_manage=may(browser.principal.role, Permission.MANAGE),
    )


@router.get("/routes")
async def routes_page(request: Request, parts: Parts, browser: Browser) -> Response:
    """The routes are on the page of the policies."""
    return await policies_page(request, parts, browser)


@router.get("/policies/{name:path}")
async def policy_page(request: Request, parts: Parts, browser: Browser, name: str) -> Response:
    """One policy."""
    return await page(request, parts, browser, name)


async def page(request: Request, parts: Container, browser: BrowserSession, name: str, errors: Any = None) -> Response:
    """The page of one policy, with what is wrong with what was asked."""
    async with parts.sessions() as session:
        catalogue = await parts.catalogue.read(session)
        policy = entry_of(catalogue.policy_named, name, "policy")
        zone = catalogue.time_zone_of(browser.principal.email)
        uses = services_of(catalogue, policy, default_of(parts))
        services = sorted({service.name for service in catalogue.services if service.is_active})
        asked = asked_of(request.query_params, [*uses, *(one for one in services if one not in uses)], zone)
        steps = await planned(session, parts, policy, asked.service, asked.severity, asked.at)
        open_ones = await open_incidents(session, policy, parts.settings)
    people = naming(catalogue)
    return render(
        request,
        "policy.html",
        422 if asked.errors or errors else 200,
        refresh=address_of("policies", policy.name),
        policy=policy,
        here=address_of("policies", policy.name),
        lines=list(ladder_lines(policy, people)),
        rest=list(rest_words(policy, people)),
        remarks=[f"{text[:1].upper()}{text[1:]}." for text in warnings(policy)],
        uses=uses,
        asked=asked,
        services=services,
        severities=list(Severity),
        steps=[shown for shown in _steps(steps, asked.at) if shown["at"] <= asked.at + SHOWN_ROUNDS],
        zone=zone,
        name=people,
        channels=CHANNELS,
        open_ones=open_ones,
        older=[one for one in open_ones if one["is_older"]],
        may_manage=may(browser.principal.role, Permission.MANAGE),
        errors=errors or {},
        new_form_id=lambda: new_id().hex,
    )


def _steps(steps: list[PlannedStep], start: datetime) -> list[dict[str, Any]]:
    """The steps with how long after the start each is due; its gap from the one before."""
    before = [None, *[step.at for step in steps]]
    return [
        {"step": step, "at": step.at, "after": int((step.at - start).total_seconds()), "is_same": previous == at}
        for step, (previous, at) in zip(steps, pairwise(before), strict=True)
    ]
