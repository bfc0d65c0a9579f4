"""The catalogue: people, teams, services, scopes, schedules, policies, routes. The same values are the YAML of
`tocsin apply` and `export`, the bodies of the REST calls, and what the rules look up.

Everything is named by its name, people by their e-mail address.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Annotated, Any, Literal, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from domain.channels import ChannelName
from domain.condition import Condition
from domain.person import Reach
from domain.policy import AssignRole, Step
from domain.policy import Policy as PolicyRules
from domain.routing import Route
from domain.schedule.schedule import Schedule
from domain.severity import Severity
from domain.target import EMail, Name, OnCall, People, Person, Target, TeamChannel
from domain.wall_clock import ZoneName

UNKNOWN_SERVICE = "Unknown/Triage"
"""The reserved service of what the catalogue does not know (REQUIREMENTS R-D-11)."""

Url = Annotated[str, Field(pattern=r"^https?://\S+$", max_length=2000)]
BySeverity = Mapping[Severity, Name]
Role = Literal["viewer", "operator", "responder", "manager", "admin"]
Criticality = Literal["TIER_1_CRITICAL", "TIER_2", "TIER_3"]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class User(Reach):
    """A person."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    email: EMail
    name: Name
    title: str | None = Field(None, max_length=100)
    role: Role = "responder"
    language: str = Field("en", pattern=r"^[a-z]{2}(-[A-Z]{2})?$")
    is_active: bool = True

    @cached_property
    def reach(self) -> Reach | None:
        """How they can be told; None when they have registered nothing."""
        known = Reach.model_validate({name: getattr(self, name) for name in Reach.model_fields})
        return None if known == Reach() else known


class Scope(_Entry):
    """A kind of impact that crosses services, and the addresses that must be told of it."""

    name: Name
    description: str = Field("", max_length=5000)
    notify_emails: tuple[EMail, ...] = Field((), max_length=100)
    is_active: bool = True


class Policy(PolicyRules):
    """An escalation policy of the catalogue."""

    is_default: bool = False
    """For teams without one of their own."""

    @property
    def rules(self) -> PolicyRules:
        """What an incident keeps of it."""
        return PolicyRules.model_validate(self.model_dump(exclude={"is_default"}))


class Team(_Entry):
    """A team, its people, and how its incidents escalate."""

    name: Name
    description: str = Field("", max_length=5000)
    email: EMail | None = None
    channel: str | None = Field(None, pattern=r"^#\S{1,99}$")
    time_zone: ZoneName = "UTC"
    members: tuple[EMail, ...] = Field((), max_length=500)
    manager: EMail | None = None
    on_call: EMail | None = None
    """The fixed person, who answers while nobody of the schedule does."""
    schedule: Name | None = None
    policy: Name | None = None
    policies: BySeverity = {}
    """Policies for single severities; they go before `policy`."""

    @property
    def slug(self) -> str:
        """The name as addresses have it."""
        return self.name.lower().replace(" ", "-")[:100]


class Service(_Entry):
    """Something that can break, and the team that owns it."""

    name: Name
    description: str = Field("", max_length=5000)
    team: Name
    criticality: Criticality = "TIER_3"
    runbook_url: Url | None = None
    repository_url: Url | None = None
    monitoring_url: Url | None = None
    depends_on: tuple[Name, ...] = Field((), max_length=100)
    policy: Name | None = None
    policies: BySeverity = {}
    is_active: bool = True


Entry = User | Scope | Policy | Schedule | Team | Service | Route
EntryT = TypeVar("EntryT", User, Scope, Policy, Schedule, Team, Service, Route)


class Catalogue(_Entry):
    """All of it; a part of it when it comes from a file."""

    users: tuple[User, ...] = ()
    scopes: tuple[Scope, ...] = ()
    policies: tuple[Policy, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    teams: tuple[Team, ...] = ()
    services: tuple[Service, ...] = ()
    routes: tuple[Route, ...] = ()

    @cached_property
    def user_named(self) -> dict[str, User]:
        """People by e-mail address."""
        return {user.email: user for user in self.users}

    @cached_property
    def policy_named(self) -> dict[str, Policy]:
        """Policies by name."""
        return {policy.name: policy for policy in self.policies}

    @cached_property
    def schedule_named(self) -> dict[str, Schedule]:
        """Schedules by name."""
        return {schedule.name: schedule for schedule in self.schedules}

    @cached_property
    def team_named(self) -> dict[str, Team]:
        """Teams by name."""
        return {team.name: team for team in self.teams}

    @cached_property
    def service_named(self) -> dict[str, Service]:
        """Services by name."""
        return {service.name: service for service in self.services}

    def time_zone_of(self, email: str) -> str:
        """By whose clocks times are named to a person; UTC for whom the catalogue does not know."""
        user = self.user_named.get(email)
        return user.time_zone if user else "UTC"

    def having(self, kind: str, entries: Iterable[Entry]) -> "Catalogue":
        """The same catalogue with other entries of a kind. A `model_copy` would go on to know the old names."""
        return Catalogue(**{each: getattr(self, each) for each in KINDS} | {kind: tuple(entries)})

    def entries(self, kind: str) -> Mapping[str, Entry]:
        """The entries of a kind, such as `teams`, by their names."""
        found: tuple[Entry, ...] = getattr(self, kind)
        return {name_of(entry): entry for entry in found}


KINDS: tuple[str, ...] = ("users", "scopes", "policies", "schedules", "teams", "services", "routes")
"""In the order in which they can be written: what is named comes before what names it."""


def name_of(entry: Entry) -> str:
    """The name of an entry; of a person, the e-mail address."""
    return entry.email if isinstance(entry, User) else entry.name


class Fault(NamedTuple):
    """Something in a catalogue that cannot be: where, and what would be right."""

    kind: str
    name: str
    field: str
    message: str
    of: str | None = None
    """The kind of what is named and is not there."""


def broken_references(catalogue: Catalogue) -> list[Fault]:
    """What in a whole catalogue names nothing: unknown names, names that are there twice, channels without address."""
    return [*_twice(catalogue), *_unknown(catalogue), *_circles(catalogue), *_channels_without_address(catalogue)]


def new_faults(before: Catalogue, after: Catalogue) -> list[Fault]:
    """The broken references of a catalogue that a change has made; one that only moved within its entry is not new."""
    known = {fault._replace(field="") for fault in broken_references(before)}
    return [fault for fault in broken_references(after) if fault._replace(field="") not in known]


def _twice(catalogue: Catalogue) -> Iterator[Fault]:
    for kind in KINDS:
        seen: set[str] = set()
        for entry in getattr(catalogue, kind):
            name = name_of(entry)
            if name in seen:
                yield Fault(kind, name, "email" if kind == "users" else "name", f"'{name}' is there twice")
            seen.add(name)
    defaults = [policy.name for policy in catalogue.policies if policy.is_default]
    for name in defaults[1:]:
        yield Fault("policies", name, "is_default", f"'{defaults[0]}' is the default already: there is one at most")


def _unknown(catalogue: Catalogue) -> Iterator[Fault]:
    known: dict[str, Any] = {kind: catalogue.entries(kind) for kind in KINDS}
    for kind, name, field, of, wanted in _references(catalogue):
        if wanted not in known[of]:
            yield Fault(kind, name, field, f"there is no {ONE[of]} '{wanted}'", of)


def _circles(catalogue: Catalogue) -> Iterator[Fault]:
    for service in catalogue.services:
        if service.name in service.depends_on:
            yield Fault("services", service.name, "depends_on", "a service does not depend on itself")


def _channels_without_address(catalogue: Catalogue) -> Iterator[Fault]:
    """The rule is not one of `TeamChannel`: policies that were kept, and incidents that climb by them, go on."""
    for kind, name, field, target in _placed_targets(catalogue):
        if isinstance(target, TeamChannel) and target.channel is ChannelName.WEBHOOK:
            text = "a team's channel has no address to post to: name a target of the kind webhook, with its url"
            yield Fault(kind, name, f"{field}.channel", text)


def _placed_targets(catalogue: Catalogue) -> Iterator[tuple[str, str, str, Target]]:
    """Kind and name of an entry, the field of a target in it, and the target."""
    for policy in catalogue.policies:
        for place, rung in enumerate(policy.steps):
            if isinstance(rung, AssignRole):
                yield "policies", policy.name, f"steps.{place}.to", rung.to
            for number, target in enumerate(rung.targets if isinstance(rung, Step) else ()):
                yield "policies", policy.name, f"steps.{place}.targets.{number}", target
        for place, persist in enumerate(policy.persist):
            for number, target in enumerate(persist.targets):
                yield "policies", policy.name, f"persist.{place}.targets.{number}", target
    for route in catalogue.routes:
        for number, target in enumerate(route.targets):
            yield "routes", route.name, f"targets.{number}", target


ONE = {
    "users": "user",
    "scopes": "scope",
    "policies": "policy",
    "schedules": "schedule",
    "teams": "team",
    "services": "service",
    "routes": "route",
}
"""What one entry of each kind is called."""


def _references(catalogue: Catalogue) -> Iterator[tuple[str, str, str, str, str]]:
    """Kind and name of an entry, its field, the kind that it names there, and the name."""
    for team in catalogue.teams:
        for field, of, names in (
            ("members", "users", team.members),
            ("manager", "users", (team.manager,)),
            ("on_call", "users", (team.on_call,)),
            ("schedule", "schedules", (team.schedule,)),
            ("policy", "policies", (team.policy,)),
            ("policies", "policies", tuple(team.policies.values())),
        ):
            yield from (("teams", team.name, field, of, name) for name in names if name)
    for service in catalogue.services:
        for field, of, names in (
            ("team", "teams", (service.team,)),
            ("depends_on", "services", service.depends_on),
            ("policy", "policies", (service.policy,)),
            ("policies", "policies", tuple(service.policies.values())),
        ):
            yield from (("services", service.name, field, of, name) for name in names if name)
    for schedule in catalogue.schedules:
        if schedule.team:
            yield "schedules", schedule.name, "team", "teams", schedule.team
        for field, email in _participants(schedule):
            yield "schedules", schedule.name, field, "users", email
    for policy in catalogue.policies:
        if policy.owner:
            yield "policies", policy.name, "owner", "users", policy.owner
        for of, name in _of_targets(policy.targets(), policy.schedules()):
            yield "policies", policy.name, "steps", of, name
        for place, rung in enumerate(policy.steps):
            for field, of, name in _of_condition(rung.when):
                yield "policies", policy.name, f"steps.{place}.{field}", of, name
    for route in catalogue.routes:
        named = {t.schedule for t in route.targets if isinstance(t, OnCall) and t.schedule}
        for of, name in _of_targets(list(route.targets), named):
            yield "routes", route.name, "targets", of, name
        yield from (("routes", route.name, "teams", "teams", name) for name in route.teams)
        yield from (("routes", route.name, *reference) for reference in _of_condition(route.when))


def _participants(schedule: Schedule) -> Iterator[tuple[str, str]]:
    """Everybody who takes turns, with the field that names them."""
    for i, layer in enumerate(schedule.layers):
        for j, rotation in enumerate(layer.rotations):
            for k, group in enumerate(rotation.participants):
                for n, email in enumerate(group):
                    yield f"layers.{i}.rotations.{j}.participants.{k}.{n}", email


def _of_condition(when: Condition) -> Iterator[tuple[str, str, str]]:
    for field, names in (("services", when.services), ("scopes", when.scopes)):
        yield from ((f"when.{field}", field, name) for name in names)


def _of_targets(targets: list[Target], by_schedule: Iterable[str]) -> Iterator[tuple[str, str]]:
    for target in targets:
        if isinstance(target, Person):
            yield "users", target.email
        elif isinstance(target, People):
            yield from (("users", email) for email in target.emails)
        team = getattr(target, "team", None)
        if team:
            yield "teams", team
    yield from (("schedules", name) for name in sorted(by_schedule))
