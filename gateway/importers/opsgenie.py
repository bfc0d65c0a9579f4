"""Opsgenie: the objects of its REST API v2."""

from collections.abc import Iterator
from typing import Any

from domain.catalogue import Catalogue, Policy, Role, Service, Team, User
from domain.channels import ChannelName
from domain.hours import WEEKDAYS
from domain.person import ContactMethod
from domain.schedule.schedule import Layer, Restriction, Rotation, Schedule
from domain.target import NextOnCall, OnCall, Person, Target, TeamMembers
from gateway.importers.clocks import DAY_MINUTES, WEEK_MINUTES, either, hours
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

VENDOR = "Opsgenie"
_CHANNELS = {
    "email": ChannelName.EMAIL,
    "sms": ChannelName.SMS,
    "voice": ChannelName.PHONE,
}
_ROLES: dict[str, Role] = {"owner": "admin", "admin": "admin", "user": "responder", "stakeholder": "viewer"}
_SECONDS = {"minutes": 60, "hours": 3600, "days": 86_400}


def read(dump: Item) -> Imported:
    """Users, teams, schedules, escalations and services of an account.

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
        bare = list(self._read_teams())
        schedules = tuple(self._read_schedules())
        policies = tuple(self._read_policies())
        services = tuple(self._read_services())
        teams = tuple(self._owning(item, team) for item, team in bare)
        if any(service.team == HOUSE.format(VENDOR) for service in services):
            teams += (house(VENDOR, self._report),)
        catalogue = Catalogue(users=users, schedules=schedules, policies=policies, teams=teams, services=services)
        return Imported(catalogue=catalogue, left_out=self._report.left_out)

    def _users(self) -> Iterator[User]:
        for user in items(self._dump, "users", needed=True):
            what = called("user", {"name": user.get("username") or user.get("id")})
            if not is_email(user.get("username")):
                self._report.leave_out(what, "its username is no e-mail address")
                continue
            if user.get("notificationRules"):
                self._report.leave_out(what, "notification rules, which depend on kinds of events there: set them anew")
            with self._report.about(what):
                found = User(
                    email=user["username"],
                    name=user.get("fullName") or user["username"],
                    role=_ROLES.get(str((user.get("role") or {}).get("name", "")).lower(), "responder"),
                    time_zone=user.get("timeZone") or "UTC",
                    contact_methods=tuple(self._methods(what, user)),
                    is_active=not user.get("blocked", False),
                )
                yield from self._emails.take(user, found)

    def _methods(self, what: str, user: Item) -> Iterator[ContactMethod]:
        for contact in items(user, "contacts"):
            method = str(contact.get("method") or contact.get("contactMethod") or "")
            channel, address = _CHANNELS.get(method), str(contact.get("to") or "")
            if channel is None or not address:
                self._report.leave_out(what, f"contact method “{method}” is of a kind that there is not here")
                continue
            if channel is not ChannelName.EMAIL:
                address = "+" + "".join(character for character in address if character.isdigit())
            enabled = (contact.get("status") or {}).get("enabled", contact.get("enabled", True))
            yield ContactMethod(channel=channel, address=address, verified=bool(enabled))

    def _read_teams(self) -> Iterator[tuple[Item, Team]]:
        """Teams without what they own, for that names them."""
        for team in items(self._dump, "teams"):
            what = called("team", team)
            with self._report.about(what):
                members = [self._user(what, member.get("user") or {}) for member in items(team, "members")]
                found = Team(
                    name=team["name"],
                    description=team.get("description") or "",
                    members=tuple(member for member in members if member),
                )
                yield from ((team, one) for one in self._teams.take(team, found))

    def _owning(self, item: Item, team: Team) -> Team:
        what = called("team", item)
        owned = {
            "schedule": self._only_one(what, "schedules", item["id"], self._schedules),
            "policy": self._only_one(what, "escalations", item["id"], self._policies),
        }
        return team.model_copy(update=owned)

    def _only_one(self, what: str, key: str, team: str, known: Known) -> str | None:
        """The schedule or escalation that a team owns; its routing rules say which of several there."""
        owned = [one for one in items(self._dump, key) if (one.get("ownerTeam") or {}).get("id") == team]
        found = [name for one in owned if (name := known.wanted(what, one.get("id"), one.get("name")))]
        if len(found) > 1:
            self._report.leave_out(what, f"owns several {key} ({', '.join(found)}): say which one is the team's")
        return found[0] if len(found) == 1 else None

    def _user(self, what: str, participant: Item) -> str | None:
        email = self._emails.get(participant.get("id"), participant.get("username"))
        if email in self._emails.values():
            return str(email)
        said = participant.get("username") or participant.get("name") or participant.get("id")
        self._report.leave_out(what, f"user “{said}” {MISSING}")
        return None

    def _read_schedules(self) -> Iterator[Schedule]:
        for schedule in items(self._dump, "schedules"):
            what = called("schedule", schedule)
            if schedule.get("enabled") is False:
                self._report.leave_out(what, "is disabled")
                continue
            with self._report.about(what):
                # The rotations of a schedule go on beside one another: all whose turn it is are on call.
                rotations = [self._rotation(what, one) for one in items(schedule, "rotations")]
                owner = schedule.get("ownerTeam")
                found = Schedule(
                    name=schedule["name"],
                    time_zone=schedule["timezone"],
                    team=self._teams.wanted(what, owner.get("id"), owner.get("name")) if owner else None,
                    layers=(Layer(name="On call", rotations=tuple(one for one in rotations if one is not None)),),
                    overrides=overrides(self._replacements(what, schedule), self._now),
                )
                yield from self._schedules.take(schedule, found)

    def _rotation(self, schedule: str, rotation: Item) -> Rotation | None:
        what = f"{schedule}, {called('rotation', rotation)}"
        end = instant(rotation["endDate"]) if rotation.get("endDate") else None
        if end is not None and end <= self._now:
            return None  # history
        start = instant(rotation["startDate"])
        if start > self._now:
            self._report.leave_out(what, f"begins on {rotation['startDate'][:10]} only: add it then")
            return None
        turns = tuple(self._turn(what, one) for one in items(rotation, "participants"))
        if not any(turns):
            self._report.leave_out(what, "has no user that is taken over")
            return None
        return Rotation(
            kind=rotation["type"],
            interval=int(rotation.get("length") or 1),
            start=start,
            participants=turns,
            restrictions=either(self._restrictions(rotation.get("timeRestriction") or {})),
            until=end,
        )

    def _turn(self, what: str, participant: Item) -> tuple[str, ...]:
        """Whoever is not taken over leaves an empty turn, for otherwise all others would move."""
        kind = participant.get("type")
        if kind == "none":
            return ()
        if kind == "team" and participant.get("id") in self._teams:
            team = next(one for one in items(self._dump, "teams") if one.get("id") == participant["id"])
            members = (self._user(what, member.get("user") or {}) for member in items(team, "members"))
            self._report.leave_out(what, f"takes the members of team “{team.get('name')}” as they are now")
            return tuple(member for member in members if member)
        if kind != "user":
            name = participant.get("name") or participant.get("id")
            self._report.leave_out(what, f"{kind} “{name}” cannot take a turn here: nobody has that turn")
            return ()
        email = self._user(what, participant)
        return (email,) if email else ()

    def _restrictions(self, restriction: Item) -> Iterator[tuple[Restriction, ...]]:
        if restriction.get("type") == "time-of-day":
            begin, end = _minutes(restriction["restriction"])
            yield hours(WEEKDAYS, begin, (end - begin) % DAY_MINUTES or DAY_MINUTES)
        for one in restriction.get("restrictions") or []:
            begin, end = _minutes(one)
            first, last = (_day(one[name]) for name in ("startDay", "endDay"))
            minutes = ((last - first) * DAY_MINUTES + end - begin) % WEEK_MINUTES or WEEK_MINUTES
            yield hours((WEEKDAYS[first],), begin, minutes)

    def _replacements(self, what: str, schedule: Item) -> Iterator[Replacement]:
        for override in items(schedule, "overrides"):
            turn = self._turn(what, override.get("user") or {})
            if override.get("rotations"):
                self._report.leave_out(what, "an override of some rotations alone: it counts for all of them here")
            if turn:
                yield Replacement(instant(override["startDate"]), instant(override["endDate"]), turn)

    def _read_policies(self) -> Iterator[Policy]:
        for escalation in items(self._dump, "escalations"):
            what = called("policy", escalation)
            with self._report.about(what):
                ladder = Ladder(escalation["name"], self._report)
                # Each rule says how long after the alert it comes, not how long after the rule before.
                for rule in sorted(items(escalation, "rules"), key=_delay):
                    ladder.wait(_delay(rule) - ladder.elapsed)
                    ladder.tell(self._targets(what, rule))
                repeat: Any = escalation.get("repeat") or {}
                if repeat.get("closeAlertAfterAll"):
                    self._report.leave_out(what, "closing the alert after the last repetition")
                minutes = int(repeat.get("waitInterval") or 0)  # 0 for no repetition at all
                found = ladder.policy(
                    rounds=int(repeat.get("count") or 0) + 1 if minutes else 1,
                    repeat_seconds=minutes * 60,
                    description=escalation.get("description") or "",
                )
                if found is not None:
                    yield from self._policies.take(escalation, found)

    def _targets(self, what: str, rule: Item) -> list[Target]:
        if rule.get("condition") == "if-not-closed":
            self._report.leave_out(what, "a rule for acknowledged alerts that are not closed: it stops at both here")
        recipient, how = rule["recipient"], rule.get("notifyType", "default")
        kind, key = recipient.get("type"), recipient.get("id")
        if kind == "user":
            email = self._user(what, recipient)
            return [Person(email=email)] if email else []
        if kind == "schedule" and key in self._schedules and how in {"default", "next"}:
            name = self._schedules[key]
            return [OnCall(schedule=name) if how == "default" else NextOnCall(schedule=name)]
        if kind == "team" and key in self._teams:
            if how not in {"all", "users"}:
                self._report.leave_out(what, f"“{how}” of a team: all its members are told")
            return [TeamMembers(team=self._teams[key])]
        name = recipient.get("name") or key
        self._report.leave_out(what, f"telling “{how}” of {kind} “{name}” is not possible, or it {MISSING}")
        return []

    def _read_services(self) -> Iterator[Service]:
        for service in items(self._dump, "services"):
            what = called("service", service)
            with self._report.about(what):
                team = self._teams.wanted(what, service["teamId"]) if service.get("teamId") else None
                found = Service(
                    name=service["name"],
                    description=service.get("description") or "",
                    team=team or HOUSE.format(VENDOR),
                )
                yield from self._services.take(service, found)


def _delay(rule: Item) -> int:
    """Seconds after the alert."""
    said = rule.get("delay") or {}
    return int(said.get("timeAmount") or 0) * _SECONDS[said.get("timeUnit") or "minutes"]


def _minutes(restriction: Item) -> tuple[int, int]:
    """Start and end, in minutes after midnight."""
    return (
        int(restriction["startHour"]) * 60 + int(restriction.get("startMin") or 0),
        int(restriction["endHour"]) * 60 + int(restriction.get("endMin") or 0),
    )


def _day(name: str) -> int:
    return [*map(str, WEEKDAYS)].index(name[:3].lower())
