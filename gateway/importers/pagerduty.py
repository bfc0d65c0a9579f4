"""PagerDuty: the objects of its REST API v2."""

from collections.abc import Iterator
from typing import Any

from domain.catalogue import Catalogue, Policy, Role, Service, Team, User
from domain.channels import ChannelName
from domain.hours import WEEKDAYS
from domain.person import ContactMethod, PersonalRule
from domain.schedule.schedule import Layer, Restriction, Rotation, Schedule
from domain.target import OnCall, People, Person, Target
from gateway.importers.clocks import either, hours, length_of, minute_of
from gateway.importers.imported import (
    Imported,
    Item,
    Report,
    called,
    exported_at,
    instant,
    is_email,
    items,
    reading,
)
from gateway.importers.known import MISSING, Known
from gateway.importers.ladder import Ladder
from gateway.importers.overriding import Replacement, overrides
from gateway.importers.teams import HOUSE, house

VENDOR = "PagerDuty"
_CHANNELS = {
    "email_contact_method": ChannelName.EMAIL,
    "phone_contact_method": ChannelName.PHONE,
    "sms_contact_method": ChannelName.SMS,
    "push_notification_contact_method": ChannelName.PUSH,
}
_ROLES: dict[str, Role] = {
    "owner": "admin",
    "admin": "admin",
    "manager": "manager",
    "limited_user": "responder",
    "user": "responder",
    "responder": "responder",
    "observer": "viewer",
    "read_only_user": "viewer",
    "read_only_limited_user": "viewer",
    "restricted_access": "viewer",
}


def read(dump: Item) -> Imported:
    """Users, teams, schedules, escalation policies and services of an account.

    Raises:
        UnreadableDump: the dump is not as docs/importing.md describes it.
    """
    with reading():
        return _Reader(dump).read()


class _Reader:
    """Reads one dump; objects name one another by id, the catalogue by name."""

    def __init__(self, dump: Item) -> None:
        self._dump = dump
        self._now = exported_at(dump)
        self._report = Report()
        self._emails = Known("user", self._report)
        self._teams = Known("team", self._report)
        self._schedules = Known("schedule", self._report)
        self._policies = Known("policy", self._report)
        self._services = Known("service", self._report)

    def read(self) -> Imported:
        users = tuple(self._users())  # in this order: what is named comes before what names it
        teams = tuple(self._read_teams())
        schedules = tuple(self._read_schedules())
        policies = tuple(self._read_policies())
        services = tuple(self._read_services())
        if any(service.team == HOUSE.format(VENDOR) for service in services):
            teams += (house(VENDOR, self._report),)
        catalogue = Catalogue(users=users, schedules=schedules, policies=policies, teams=teams, services=services)
        return Imported(catalogue=catalogue, left_out=self._report.left_out)

    def _users(self) -> Iterator[User]:
        for user in items(self._dump, "users", needed=True):
            what = called("user", user)
            if not is_email(user.get("email")):
                self._report.leave_out(what, "has no e-mail address")
                continue
            with self._report.about(what):
                found = User(
                    email=user["email"],
                    name=user.get("name") or user["email"],
                    title=user.get("job_title") or None,
                    role=_ROLES.get(user.get("role", ""), "responder"),
                    time_zone=user.get("time_zone") or "UTC",
                    contact_methods=tuple(self._methods(user)),
                    notification_rules=tuple(dict.fromkeys(self._rules(user))),
                )
                yield from self._emails.take(user, found)

    def _methods(self, user: Item) -> Iterator[ContactMethod]:
        for method in items(user, "contact_methods"):
            channel = _CHANNELS.get(method.get("type", ""))
            what = f"{called('user', user)}, contact method “{method.get('label') or method.get('type')}”"
            if channel is None or not method.get("address"):
                self._report.leave_out(what, "is of a kind that there is not here")
                continue
            address = str(method["address"])
            if channel in (ChannelName.PHONE, ChannelName.SMS) and method.get("country_code"):
                address = f"+{method['country_code']}{address}"
            if channel is ChannelName.PUSH:
                self._report.leave_out(what, "the push app of PagerDuty cannot be used here")
                continue
            # A number that cannot get SMS is not enabled; only SMS methods say so.
            verified = not method.get("blacklisted", False) and bool(method.get("enabled", True))
            yield ContactMethod(channel=channel, address=address, verified=verified)

    def _rules(self, user: Item) -> Iterator[PersonalRule]:
        for rule in items(user, "notification_rules"):
            channel = _CHANNELS.get(rule.get("contact_method", {}).get("type", "").removesuffix("_reference"))
            if channel is None:
                self._report.leave_out(f"{called('user', user)}, a notification rule", "its contact method is unknown")
                continue
            yield PersonalRule(
                urgency="low" if rule.get("urgency") == "low" else "high",
                after_seconds=int(rule.get("start_delay_in_minutes", 0)) * 60,
                channel=channel,
            )

    def _read_teams(self) -> Iterator[Team]:
        for team in items(self._dump, "teams"):
            with self._report.about(called("team", team)):
                members = [
                    self._emails[user["id"]]
                    for user in items(self._dump, "users")
                    if user.get("id") in self._emails
                    and any(one.get("id") == team["id"] for one in user.get("teams") or [])
                ]
                found = Team(name=team["name"], description=team.get("description") or "", members=tuple(members))
                yield from self._teams.take(team, found)

    def _read_schedules(self) -> Iterator[Schedule]:
        for schedule in items(self._dump, "schedules"):
            what = called("schedule", schedule)
            with self._report.about(what):
                # GET lists the layer that goes before all others first; here, later layers go before earlier ones.
                layers = [self._layer(schedule, layer) for layer in reversed(items(schedule, "schedule_layers"))]
                found = Schedule(
                    name=schedule["name"],
                    time_zone=schedule["time_zone"],
                    team=self._team_of(what, schedule),
                    layers=_named_apart([layer for layer in layers if layer is not None]),
                    overrides=overrides(self._replacements(schedule), self._now),
                )
                yield from self._schedules.take(schedule, found)

    def _team_of(self, what: str, item: Item) -> str | None:
        """The first of its teams that is taken over."""
        teams = (self._teams.wanted(what, one.get("id"), one.get("summary")) for one in item.get("teams") or [])
        return next((team for team in teams if team), None)

    def _layer(self, schedule: Item, layer: Item) -> Layer | None:
        what = f"{called('schedule', schedule)}, {called('layer', layer)}"
        if layer.get("end") and instant(layer["end"]) <= self._now:
            return None  # history
        if layer.get("start") and instant(layer["start"]) > self._now:
            self._report.leave_out(what, f"begins on {layer['start'][:10]} only: add it then")
            return None
        length = length_of(int(layer["rotation_turn_length_seconds"]))
        if length is None:
            self._report.leave_out(what, "its turns are not of whole hours")
            return None
        turns = tuple(self._turn(what, entry) for entry in layer["users"])
        if not any(turns):
            self._report.leave_out(what, "has no user that is taken over")
            return None
        rotation = Rotation(
            kind=length.kind,
            interval=length.interval,
            start=instant(layer["rotation_virtual_start"]),
            participants=turns,
            restrictions=either(self._restrictions(layer)),
            until=instant(layer["end"]) if layer.get("end") else None,
        )
        return Layer(name=layer.get("name") or "Layer", rotations=(rotation,))

    def _turn(self, what: str, entry: Item) -> tuple[str, ...]:
        """Somebody who is not taken over leaves an empty turn, for otherwise all others would move."""
        user = entry.get("user", entry)
        if user.get("id") in self._emails:
            return (self._emails[user["id"]],)
        self._report.leave_out(what, f"user “{user.get('summary') or user.get('id')}” {MISSING}")
        return ()

    def _restrictions(self, layer: Item) -> Iterator[tuple[Restriction, ...]]:
        for restriction in items(layer, "restrictions"):
            days = WEEKDAYS
            if restriction["type"] == "weekly_restriction":
                days = (WEEKDAYS[int(restriction["start_day_of_week"]) - 1],)
            minutes = int(restriction["duration_seconds"]) // 60
            yield hours(days, minute_of(restriction["start_time_of_day"]), minutes)

    def _replacements(self, schedule: Item) -> Iterator[Replacement]:
        for override in items(schedule, "overrides"):
            turn = self._turn(called("schedule", schedule), override)
            if turn:
                yield Replacement(instant(override["start"]), instant(override["end"]), turn)

    def _read_policies(self) -> Iterator[Policy]:
        for policy in items(self._dump, "escalation_policies"):
            what = called("policy", policy)
            with self._report.about(what):
                ladder, delay = Ladder(policy["name"], self._report), 0
                for rule in items(policy, "escalation_rules"):
                    ladder.wait(delay)
                    ladder.tell(self._targets(what, rule))
                    delay = int(rule["escalation_delay_in_minutes"]) * 60
                rounds = int(policy.get("num_loops") or 0) + 1
                found = ladder.policy(rounds=rounds, repeat_seconds=delay, description=policy.get("description") or "")
                if found is not None:
                    yield from self._policies.take(policy, found)

    def _targets(self, what: str, rule: Item) -> list[Target]:
        people: list[str] = []
        found: list[Target] = []
        for target in items(rule, "targets"):
            kind, key = str(target.get("type", "")).removesuffix("_reference"), target.get("id")
            if kind == "user" and key in self._emails:
                people.append(self._emails[key])
            elif kind == "schedule" and key in self._schedules:
                found.append(OnCall(schedule=self._schedules[key]))
            else:
                self._report.leave_out(what, f"{kind} “{target.get('summary') or key}” {MISSING}")
        if _strategy(rule) == "round_robin":
            if not found and people:
                return [People(emails=tuple(people), pick="round_robin")]
            self._report.leave_out(what, "round robin over schedules is not there: all of them are told")
        return [*(Person(email=email) for email in people), *found]

    def _read_services(self) -> Iterator[Service]:
        for service in items(self._dump, "services"):
            what = called("service", service)
            with self._report.about(what):
                for field, meaning in (
                    ("auto_resolve_timeout", "resolving by itself after a time"),
                    ("acknowledgement_timeout", "acknowledgement_timeout: set it on the policy, if it is wanted"),
                ):
                    if service.get(field):
                        self._report.leave_out(what, meaning)
                urgency: Any = service.get("incident_urgency_rule") or {}
                if urgency.get("urgency", "high") != "high" or urgency.get("type", "constant") != "constant":
                    self._report.leave_out(what, "its urgency rule; severities and routes decide that here")
                named = service.get("escalation_policy")
                policy = self._policies.wanted(what, named["id"], named.get("summary")) if named else None
                found = Service(
                    name=service["name"],
                    description=service.get("description") or "",
                    team=self._team_of(what, service) or HOUSE.format(VENDOR),
                    policy=policy,
                    is_active=service.get("status") != "disabled",
                )
                yield from self._services.take(service, found)


def _strategy(rule: Item) -> str:
    said: Any = rule.get("escalation_rule_assignment_strategy") or {}
    return str(said.get("type", "") if isinstance(said, dict) else said)


def _named_apart(layers: list[Layer]) -> tuple[Layer, ...]:
    """Layers of PagerDuty may share a name."""
    seen: dict[str, int] = {}
    found: list[Layer] = []
    for layer in layers:
        seen[layer.name] = seen.get(layer.name, 0) + 1
        again = seen[layer.name]
        found.append(layer if again == 1 else layer.model_copy(update={"name": f"{layer.name} ({again})"}))
    return tuple(found)
