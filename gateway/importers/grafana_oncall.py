"""Grafana OnCall: the objects of its public HTTP API v1."""

from collections.abc import Iterator
from typing import Any

from domain.catalogue import Catalogue, Policy, Role, Team, User
from domain.channels import ChannelName
from domain.person import PersonalRule
from domain.schedule.schedule import Layer, Rotation, Schedule
from domain.target import OnCall, People, Person, Target, TeamMembers
from gateway.importers.grafana_shifts import Cannot, event, rotation_of
from gateway.importers.imported import (
    Imported,
    Item,
    Report,
    called,
    exported_at,
    is_email,
    items,
    reading,
)
from gateway.importers.known import MISSING, Known
from gateway.importers.ladder import Ladder
from gateway.importers.overriding import Replacement, overrides

_CHANNELS = {
    "notify_by_slack": ChannelName.SLACK,
    "notify_by_sms": ChannelName.SMS,
    "notify_by_phone_call": ChannelName.PHONE,
    "notify_by_email": ChannelName.EMAIL,
    "notify_by_mobile_app": ChannelName.PUSH,
    "notify_by_mobile_app_critical": ChannelName.PUSH,
}
_ROLES: dict[str, Role] = {"admin": "admin", "editor": "responder", "user": "responder", "viewer": "viewer"}
_REPEATS = 5
"""So often `repeat_escalation` begins anew, at most."""


def read(dump: Item) -> Imported:
    """Users with their rules, teams, schedules and escalation chains of an installation.

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
        self._shifts = {shift.get("id"): shift for shift in items(dump, "on_call_shifts")}

    def read(self) -> Imported:
        for kind in ("integrations", "routes"):
            for one in items(self._dump, kind):
                why = "alerts come in by a source here: make one, with a service, and let rules choose among services"
                self._report.leave_out(called(kind.removesuffix("s"), one), why)
        catalogue = Catalogue(  # in this order: what is named comes before what names it
            users=tuple(self._users()),
            teams=tuple(self._read_teams()),
            schedules=tuple(self._read_schedules()),
            policies=tuple(self._policies()),
        )
        return Imported(catalogue=catalogue, left_out=self._report.left_out)

    def _users(self) -> Iterator[User]:
        for user in items(self._dump, "users", needed=True):
            what = called("user", {"name": user.get("username") or user.get("id")})
            if not is_email(user.get("email")):
                self._report.leave_out(what, "has no e-mail address")
                continue
            with self._report.about(what):
                found = User(
                    email=user["email"],
                    name=user.get("name") or user.get("username") or user["email"],
                    role=_ROLES.get(str(user.get("role", "")).lower(), "responder"),
                    time_zone=user.get("timezone") or "UTC",
                    notification_rules=tuple(dict.fromkeys(self._rules(what, user))),
                )
                yield from self._emails.take(user, found)

    def _rules(self, what: str, user: Item) -> Iterator[PersonalRule]:
        rules = [one for one in items(self._dump, "personal_notification_rules") if one.get("user_id") == user["id"]]
        important = [one for one in rules if one.get("important")]
        usual = [one for one in rules if not one.get("important")]
        # Steps there choose between the two chains; here the incident's urgency does.
        yield from self._chain(what, important or usual, "high")
        yield from self._chain(what, usual, "low")

    def _chain(self, what: str, rules: list[Item], urgency: str) -> Iterator[PersonalRule]:
        seconds = 0
        for rule in sorted(rules, key=lambda one: one.get("position") or 0):
            kind = str(rule.get("type"))
            if kind == "wait":
                seconds += int(rule.get("duration") or 0)
            elif kind in _CHANNELS:
                values = {"urgency": urgency, "after_seconds": seconds, "channel": _CHANNELS[kind]}
                yield PersonalRule.model_validate(values)
            else:
                self._report.leave_out(what, f"the notification rule {kind}")

    def _read_teams(self) -> Iterator[Team]:
        for team in items(self._dump, "teams"):
            with self._report.about(called("team", team)):
                members = [
                    self._emails[user["id"]]
                    for user in items(self._dump, "users")
                    if user.get("id") in self._emails and team["id"] in (user.get("teams") or [])
                ]
                yield from self._teams.take(team, Team(name=team["name"], members=tuple(members)))

    def _read_schedules(self) -> Iterator[Schedule]:
        for schedule in items(self._dump, "schedules"):
            what = called("schedule", schedule)
            if schedule.get("type") == "ical":
                self._report.leave_out(what, "is an iCalendar: add its address as an imported calendar")
                continue
            with self._report.about(what):
                yield from self._schedules.take(schedule, self._schedule(what, schedule))

    def _schedule(self, what: str, schedule: Item) -> Schedule:
        for field in ("ical_url_overrides", "ical_url_primary"):
            if schedule.get(field):
                self._report.leave_out(what, f"{field}: add the address as an imported calendar")
        zone = schedule.get("time_zone") or "UTC"
        shifts = self._shifts_of(what, schedule)
        recurring = [one for one in shifts if one.get("frequency")]
        levels: dict[int, list[Rotation]] = {}
        for shift in recurring:
            level, rotation = self._rotation(what, shift, zone)
            if rotation is not None:
                levels.setdefault(level, []).append(rotation)
        highest = max(levels, default=-1)
        replacements = [self._event(what, one, zone, highest) for one in shifts if not one.get("frequency")]
        # A higher level covers a lower one where it has somebody: so do later layers here.
        layers = [Layer(name=f"Level {level}", rotations=tuple(levels[level])) for level in sorted(levels)]
        return Schedule(
            name=schedule["name"],
            time_zone=zone,
            team=self._teams.wanted(what, schedule["team_id"]) if schedule.get("team_id") else None,
            layers=tuple(layers),
            overrides=overrides([one for one in replacements if one is not None], self._now),
        )

    def _shifts_of(self, what: str, schedule: Item) -> list[Item]:
        found = [one for one in self._shifts.values() if one.get("schedule") == schedule.get("id")]
        for key in schedule.get("shifts") or []:
            if key not in self._shifts:
                self._report.leave_out(what, f"shift “{key}” is not in the dump")
            elif self._shifts[key] not in found:
                found.append(self._shifts[key])
        return found

    def _rotation(self, schedule: str, shift: Item, zone: str) -> tuple[int, Rotation | None]:
        what = f"{schedule}, {called('shift', shift)}"
        level = int(shift.get("level") or 0)
        with self._report.about(what):
            rolling = shift.get("type") == "rolling_users"
            groups = (shift.get("rolling_users") if rolling else [shift.get("users") or []]) or []
            first = int(shift.get("start_rotation_from_user_index") or 0) if rolling else 0
            turns = [self._users_of(what, group) for group in groups[first:] + groups[:first]]
            if not any(turns):
                self._report.leave_out(what, "has no user that is taken over")
                return level, None
            try:
                return level, rotation_of(shift, turns, zone, self._now)
            except Cannot as error:
                self._report.leave_out(what, str(error))
        return level, None

    def _event(self, schedule: str, shift: Item, zone: str, highest: int) -> Replacement | None:
        """A shift that happens once: an override."""
        what = f"{schedule}, {called('shift', shift)}"
        with self._report.about(what):
            start, end = event(shift, zone)
            users = self._users_of(what, _everybody(shift))
            level = int(shift.get("level") or 0)
            if end <= self._now or not users:
                return None
            if shift.get("type") == "override" or level > highest:
                return Replacement(start, end, users)
            if level == highest:
                return Replacement(start, end, users, "add")
            self._report.leave_out(what, "happens once, below a repeating shift that covers it in part: add it by hand")
        return None

    def _users_of(self, what: str, keys: list[Any]) -> tuple[str, ...]:
        for key in keys:
            if key not in self._emails:
                self._report.leave_out(what, f"user “{key}” {MISSING}")
        return tuple(dict.fromkeys(self._emails[key] for key in keys if key in self._emails))

    def _policies(self) -> Iterator[Policy]:
        steps = items(self._dump, "escalation_policies")
        for chain in items(self._dump, "escalation_chains"):
            what = called("policy", chain)
            with self._report.about(what):
                own = [step for step in steps if step.get("escalation_chain_id") == chain["id"]]
                found = self._policy(what, chain["name"], sorted(own, key=lambda step: step.get("position") or 0))
                if found is not None:
                    yield found

    def _policy(self, what: str, name: str, steps: list[Item]) -> Policy | None:
        ladder, rounds, waited = Ladder(name, self._report), 1, 0
        for step in steps:
            kind = str(step.get("type"))
            if kind == "wait":
                seconds = int(step.get("duration") or 0)
                ladder.wait(seconds)
                waited += seconds
                continue
            if kind == "repeat_escalation":
                rounds = _REPEATS + 1
                break
            if kind == "resolve":
                ladder.resolve()
                break
            ladder.tell(self._targets(what, kind, step))
            waited = 0
        return ladder.policy(rounds=rounds, repeat_seconds=waited)

    def _targets(self, what: str, kind: str, step: Item) -> list[Target]:
        if step.get("important"):
            self._report.leave_out(what, "“important” steps: the incident's urgency decides about personal rules here")
        if kind in {"notify_persons", "notify_person_next_each_time"}:
            keys = step.get("persons_to_notify") or step.get("persons_to_notify_next_each_time") or []
            emails = self._users_of(what, keys)
            if kind == "notify_person_next_each_time":
                return [People(emails=emails, pick="round_robin")] if emails else []
            return [Person(email=email) for email in emails]
        if kind == "notify_on_call_from_schedule":
            schedule = self._schedules.wanted(what, step.get(kind))
            return [OnCall(schedule=schedule)] if schedule else []
        if kind == "notify_team_members":
            team = self._teams.wanted(what, step.get("team_to_notify") or step.get("notify_to_team_members"))
            return [TeamMembers(team=team)] if team else []
        self._report.leave_out(what, f"the step {kind}")
        return []


def _everybody(shift: Item) -> list[Any]:
    """Of a shift that happens once: overrides of the web have their users in groups."""
    return [*(shift.get("users") or []), *(key for group in shift.get("rolling_users") or [] for key in group)]
