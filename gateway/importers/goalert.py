"""GoAlert: the objects of its GraphQL API."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from domain.catalogue import Catalogue, Policy, Service, User
from domain.channels import ChannelName
from domain.hours import WEEKDAYS, Weekday
from domain.person import ContactMethod, PersonalRule
from domain.schedule.schedule import Layer, Restriction, Rotation, Schedule
from domain.schedule.turns import local_start, number_at
from domain.target import OnCall, Person, Target, WebhookCall
from domain.wall_clock import zone_of
from gateway.importers.clocks import DAY_MINUTES, either, hours, minute_of, same_clocks
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
from gateway.importers.overriding import Replacement, instead, overrides
from gateway.importers.teams import HOUSE, house

VENDOR = "GoAlert"
_CHANNELS = {
    "SMS": ChannelName.SMS,
    "VOICE": ChannelName.PHONE,
    "EMAIL": ChannelName.EMAIL,
    "WEBHOOK": ChannelName.WEBHOOK,
    "SLACK_DM": ChannelName.SLACK,
    "builtin-twilio-sms": ChannelName.SMS,
    "builtin-twilio-voice": ChannelName.PHONE,
    "builtin-smtp-email": ChannelName.EMAIL,
    "builtin-webhook": ChannelName.WEBHOOK,
    "builtin-slack-dm": ChannelName.SLACK,
}
_FROM_SUNDAY: tuple[Weekday, ...] = (WEEKDAYS[6], *WEEKDAYS[:6])


def read(dump: Item) -> Imported:
    """Users, rotations, schedules, escalation policies and services of an installation.

    Raises:
        UnreadableDump: the dump is not as docs/importing.md describes it.
    """
    with reading():
        return _Reader(dump).read()


class _Aim(NamedTuple):
    """What a step or a rule is aimed at."""

    kind: str
    key: str
    name: str


class _Reader:
    """Reads one dump; objects name one another by id, the catalogue by name."""

    def __init__(self, dump: Item) -> None:
        self._dump = dump
        self._now = exported_at(dump)
        self._report = Report()
        self._emails = Known("user", self._report)
        self._rotations = {one.get("id"): one for one in items(dump, "rotations")}
        self._schedules = Known("schedule", self._report)
        self._policies = Known("policy", self._report)
        self._services = Known("service", self._report)
        self._alone: dict[str, Schedule] = {}
        """Schedules made of rotations that a policy names without a schedule, by the rotation's id."""

    def read(self) -> Imported:
        users = tuple(self._users())  # in this order: what is named comes before what names it
        schedules = tuple(self._read_schedules())
        policies = tuple(self._read_policies())
        services = tuple(self._read_services())
        teams = (house(VENDOR, self._report),) if services else ()
        catalogue = Catalogue(
            users=users,
            schedules=(*schedules, *self._alone.values()),
            policies=policies,
            teams=teams,
            services=services,
        )
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
                    role="admin" if user.get("role") == "admin" else "responder",
                    contact_methods=tuple(self._methods(what, user)),
                    notification_rules=tuple(dict.fromkeys(self._rules(what, user))),
                )
                yield from self._emails.take(user, found)

    def _methods(self, what: str, user: Item) -> Iterator[ContactMethod]:
        for method in items(user, "contactMethods"):
            channel, address = _channel(method), _address(method)
            if channel is None or not address:
                self._report.leave_out(what, f"contact method “{method.get('name')}” is of an unknown kind")
                continue
            # GoAlert disables what was not verified.
            yield ContactMethod(channel=channel, address=address, verified=not method.get("disabled", False))

    def _rules(self, what: str, user: Item) -> Iterator[PersonalRule]:
        methods = {method.get("id"): method for method in items(user, "contactMethods")}
        for rule in items(user, "notificationRules"):
            key = rule.get("contactMethodID") or (rule.get("contactMethod") or {}).get("id")
            channel = _channel(methods[key]) if key in methods else None
            if channel is None:
                self._report.leave_out(what, "a notification rule whose contact method is unknown")
                continue
            for urgency in ("high", "low"):  # there is but one kind there
                seconds = int(rule["delayMinutes"]) * 60
                yield PersonalRule.model_validate({"urgency": urgency, "after_seconds": seconds, "channel": channel})

    def _read_schedules(self) -> Iterator[Schedule]:
        for schedule in items(self._dump, "schedules"):
            what = called("schedule", schedule)
            with self._report.about(what):
                # All targets go on beside one another: everybody whose rule holds is on call.
                found = [self._target(what, schedule["timeZone"], one) for one in items(schedule, "targets")]
                rotations = tuple(one for one in found if one is not None)
                replacements = [*self._user_overrides(what, schedule), *self._temporary(what, schedule)]
                made = Schedule(
                    name=schedule["name"],
                    time_zone=schedule["timeZone"],
                    layers=(Layer(name="On call", rotations=rotations),),
                    overrides=overrides(replacements, self._now),
                )
                yield from self._schedules.take(schedule, made)

    def _target(self, schedule: str, zone: str, target: Item) -> Rotation | None:
        aim = _aim(target["target"])
        what = f"{schedule}, {aim.kind} “{aim.name}”"
        rules = items(target, "rules")
        restrictions = [_restrictions(rule) for rule in rules if any(rule["weekdayFilter"])]
        if not restrictions:
            return None  # it never holds
        windows = either(restrictions)
        if aim.kind == "user" and aim.key in self._emails:
            start = datetime(2026, 1, 5, tzinfo=UTC)  # any: there is nobody to hand over to
            turns = ((self._emails[aim.key],),)
            return Rotation(kind="weekly", start=start, participants=turns, restrictions=windows)
        if aim.kind == "rotation" and aim.key in self._rotations:
            return self._rotation(what, self._rotations[aim.key], zone, windows)
        self._report.leave_out(what, MISSING)
        return None

    def _rotation(self, what: str, rotation: Item, zone: str, windows: tuple[Restriction, ...]) -> Rotation | None:
        own = rotation.get("timeZone") or zone
        if not same_clocks(own, zone, self._now):
            self._report.leave_out(
                what, f"hands over by the clocks of {own}: here by those of {zone}, so differently in part of the year"
            )
        turns = tuple(self._turn(what, key) for key in rotation.get("userIDs") or _ids(rotation))
        if not any(turns):
            self._report.leave_out(what, "has no user that is taken over")
            return None
        found = Rotation(
            kind=rotation["type"],
            interval=int(rotation.get("shiftLength") or 1),
            start=instant(rotation["start"]),
            participants=turns,
            restrictions=windows,
        )
        return self._aligned(found, zone, rotation.get("activeUserIndex"))

    def _aligned(self, rotation: Rotation, zone: str, active: int | None) -> Rotation:
        """There, whose turn it is is not reckoned from the start but kept: begin with whom it makes active now."""
        if active is None or not 0 <= active < len(rotation.participants):
            return rotation
        local = zone_of(zone)
        wall = self._now.astimezone(local).replace(tzinfo=None)
        turn = number_at(rotation, local_start(rotation, local), wall)
        first = (active - turn) % len(rotation.participants)
        turns = rotation.participants
        return rotation.model_copy(update={"participants": turns[first:] + turns[:first]})

    def _turn(self, what: str, key: str) -> tuple[str, ...]:
        """Somebody who is not taken over leaves an empty turn, for otherwise all others would move."""
        if key in self._emails:
            return (self._emails[key],)
        self._report.leave_out(what, f"user “{key}” {MISSING}")
        return ()

    def _user_overrides(self, what: str, schedule: Item) -> Iterator[Replacement]:
        for override in items(self._dump, "userOverrides"):
            if (override.get("target") or {}).get("id") != schedule["id"]:
                continue
            start, end = instant(override["start"]), instant(override["end"])
            added, removed = override.get("addUserID"), override.get("removeUserID")
            users = self._turn(what, added) if added else ()
            gone = self._turn(what, removed) if removed else ()
            if users and gone:
                yield Replacement(start, end, users, "replace", gone[0])
            elif users or gone:
                yield Replacement(start, end, users or gone, "add" if users else "remove")

    def _temporary(self, what: str, schedule: Item) -> Iterator[Replacement]:
        for temporary in items(schedule, "temporarySchedules"):
            shifts = [
                Replacement(instant(one["start"]), instant(one["end"]), self._turn(what, one["userID"]))
                for one in items(temporary, "shifts")
            ]
            yield from instead(instant(temporary["start"]), instant(temporary["end"]), shifts)

    def _read_policies(self) -> Iterator[Policy]:
        for policy in items(self._dump, "escalationPolicies"):
            what = called("policy", policy)
            with self._report.about(what):
                ladder, delay = Ladder(policy["name"], self._report), 0
                for step in sorted(items(policy, "steps"), key=lambda one: one.get("stepNumber", 0)):
                    ladder.wait(delay)
                    aims = [_aim(one) for one in step.get("actions") or step.get("targets") or []]
                    ladder.tell([target for aim in aims for target in self._targets(what, aim)])
                    delay = int(step["delayMinutes"]) * 60
                rounds = int(policy.get("repeat") or 0) + 1
                found = ladder.policy(rounds=rounds, repeat_seconds=delay, description=policy.get("description") or "")
                if found is not None:
                    yield from self._policies.take(policy, found)

    def _targets(self, what: str, aim: _Aim) -> list[Target]:
        if aim.kind == "user" and aim.key in self._emails:
            return [Person(email=self._emails[aim.key])]
        if aim.kind == "schedule" and aim.key in self._schedules:
            return [OnCall(schedule=self._schedules[aim.key])]
        if aim.kind == "webhook":
            return [WebhookCall(url=aim.key)]
        if aim.kind == "rotation" and aim.key in self._rotations:
            schedule = self._schedule_of(self._rotations[aim.key])
            if schedule is not None:
                return [OnCall(schedule=schedule.name)]
        self._report.leave_out(what, f"{aim.kind} “{aim.name}” {MISSING}, or of a kind not taken over")
        return []

    def _schedule_of(self, rotation: Item) -> Schedule | None:
        """The schedule of nothing but a rotation; None when that is left out."""
        key, what = str(rotation["id"]), called("rotation", rotation)
        if key in self._alone:
            return self._alone[key]
        with self._report.about(what):
            name, zone = str(rotation["name"]), rotation["timeZone"]
            found = self._rotation(what, rotation, zone, ())
            if found is not None:
                name = f"{name} (rotation)" if name in self._schedules.values() else name
                made = Schedule(name=name, time_zone=zone, layers=(Layer(name="On call", rotations=(found,)),))
                self._alone[key] = next(self._schedules.take({"id": f"rotation {key}"}, made))
        return self._alone.get(key)

    def _read_services(self) -> Iterator[Service]:
        for service in items(self._dump, "services"):
            what = called("service", service)
            with self._report.about(what):
                key = service.get("escalationPolicyID") or (service.get("escalationPolicy") or {}).get("id")
                found = Service(
                    name=service["name"],
                    description=service.get("description") or "",
                    team=HOUSE.format(VENDOR),
                    policy=self._policies.wanted(what, key) if key else None,
                )
                yield from self._services.take(service, found)


def _restrictions(rule: Item) -> tuple[Restriction, ...]:
    begin, end = minute_of(rule["start"]), minute_of(rule["end"])
    days = [day for day, wanted in zip(_FROM_SUNDAY, rule["weekdayFilter"], strict=True) if wanted]
    return hours(days, begin, (end - begin) % DAY_MINUTES or DAY_MINUTES)


def _ids(rotation: Item) -> list[str]:
    return [user["id"] for user in items(rotation, "users")]


def _aim(said: Any) -> _Aim:
    """A target as it was called until 2024, `{id, type, name}`, or a destination, `{type, args}`."""
    arguments = said.get("args")
    if arguments is None and isinstance(said.get("values"), list):
        arguments = {one["fieldID"]: one["value"] for one in said["values"]}
    kind = str(said["type"])
    if arguments is None:
        named = {"chanWebhook": "webhook"}.get(kind, kind)
        return _Aim(named, str(said.get("id")), str(said.get("name") or said.get("id")))
    key = str(next(iter(arguments.values()), ""))
    return _Aim(kind.removeprefix("builtin-"), key, str((said.get("displayInfo") or {}).get("text") or key))


def _channel(method: Item) -> ChannelName | None:
    return _CHANNELS.get(str(method.get("type") or (method.get("dest") or {}).get("type")))


def _address(method: Item) -> str:
    if method.get("value"):
        return str(method["value"])
    return _aim(method["dest"]).key if method.get("dest") else ""
