"""The kinds that have few rules of their own: teams, services, scopes, policies, routes."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from api.catalogue.bodies import value_of
from api.catalogue.kind import Kind, manages
from api.problems import Problem
from db.access import Principal
from db.catalogue.entries import EntryRow
from db.catalogue.writing import write
from domain.catalogue import UNKNOWN_SERVICE, Catalogue, Policy, Scope, Service, Team
from domain.policy_advice import warnings
from domain.routing import Route
from domain.texts import shown


class Teams(Kind[Team]):
    """`/teams/`."""

    facts = ("slug",)


class Services(Kind[Service]):
    """`/services/`."""

    filters = ("criticality",)

    def read(self, body: Mapping[str, Any], catalogue: Catalogue) -> Service:
        """The team may be given by its slug, too."""
        of_slug = {team.slug: team.name for team in catalogue.teams}
        team = body.get("team")
        if isinstance(team, str) and team not in catalogue.team_named and team in of_slug:
            body = {**body, "team": of_slug[team]}
        return super().read(body, catalogue)

    def check(self, caller: Principal, before: Service | None, after: Service | None, catalogue: Catalogue) -> None:
        """What nobody knows must have its place (REQUIREMENTS R-D-11)."""
        if before is None or before.name != UNKNOWN_SERVICE:
            return
        if after is None:
            raise Problem(409, f"'{UNKNOWN_SERVICE}' takes what belongs to no other service: it cannot be deleted")
        if after.name != before.name:
            raise Problem.of_field("name", f"'{UNKNOWN_SERVICE}' keeps its name", 409)
        if not after.is_active:
            raise Problem.of_field("is_active", f"'{UNKNOWN_SERVICE}' stays active", 409)


class Policies(Kind[Policy]):
    """`/policies/`."""

    facts = ("version",)
    searched = ("name",)
    whole = "steps"

    def put(self, catalogue: Catalogue, before: str | None, after: Policy | None, body: Mapping[str, Any]) -> Catalogue:
        """A policy that becomes the default takes the place of the one that was it."""
        would_be = super().put(catalogue, before, after, body)
        if before is None or after is None or not after.is_default:
            return would_be
        others = (policy if policy.name == after.name else _not_default(policy) for policy in would_be.policies)
        return would_be.having("policies", others)

    async def write(self, session: AsyncSession, entry: Policy, catalogue: Catalogue) -> None:
        """With the others when it is the default, for one of them may have been that."""
        await write(session, Catalogue(policies=catalogue.policies if entry.is_default else (entry,)))

    def shown(self, caller: Principal, row: EntryRow, entry: Policy, catalogue: Catalogue) -> dict[str, Any]:
        """With what may be unwise about it (REQUIREMENTS R-F-13)."""
        value = super().shown(caller, row, entry, catalogue) | {"warnings": list(warnings(entry))}
        return value if manages(caller) else _with_hosts_alone(value)


class Routes(Kind[Route]):
    """`/routes/`, in the order in which they are looked at."""

    facts = ("position",)
    searched = ("name",)

    def read(self, body: Mapping[str, Any], catalogue: Catalogue) -> Route:
        """`position` is a route's place among the others and not part of it."""
        position = body.get("position")
        if position is not None and (not isinstance(position, int) or isinstance(position, bool) or position < 0):
            raise Problem.of_field("position", "must be a whole number from 0 on: its place among the routes")
        return value_of(Route, {name: value for name, value in body.items() if name != "position"})

    def put(self, catalogue: Catalogue, before: str | None, after: Route | None, body: Mapping[str, Any]) -> Catalogue:
        """In the place that the body asks for, else where it was, else at the end."""
        names = [route.name for route in catalogue.routes]
        others = [route for route in catalogue.routes if route.name != before]
        place = names.index(before) if before in names else len(others)
        wanted = body.get("position")
        place = place if wanted is None else min(wanted, len(others))
        return catalogue.having("routes", others[:place] + ([] if after is None else [after]) + others[place:])

    async def write(self, session: AsyncSession, entry: Route, catalogue: Catalogue) -> None:
        """All of them, for each has its place."""
        await write(session, Catalogue(routes=catalogue.routes))

    def shown(self, caller: Principal, row: EntryRow, entry: Route, catalogue: Catalogue) -> dict[str, Any]:
        """Whoever may edit it sees the whole addresses of its webhooks."""
        value = super().shown(caller, row, entry, catalogue)
        return value if manages(caller) else _with_hosts_alone(value)


def _with_hosts_alone(value: Any) -> Any:
    """The same without what may be a secret: of the address of a webhook all that follows the host."""
    if isinstance(value, list):
        return [_with_hosts_alone(part) for part in value]
    if not isinstance(value, dict):
        return value
    hidden = {"url": shown(value["url"])} if value.get("kind") == "webhook" and "url" in value else {}
    return {name: _with_hosts_alone(part) for name, part in value.items()} | hidden


def _not_default(policy: Policy) -> Policy:
    return policy.model_copy(update={"is_default": False}) if policy.is_default else policy


TEAMS = Teams("teams", Team)
SERVICES = Services("services", Service)
SCOPES = Kind("scopes", Scope)
POLICIES = Policies("policies", Policy)
ROUTES = Routes("routes", Route)
