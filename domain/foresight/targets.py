"""Whom the steps of a policy mean over the coming weeks: steps that mean nobody, channels that nobody answers."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple, get_args

from domain.catalogue import Catalogue, User
from domain.channels import LOUD, ChannelName, instead_of
from domain.condition import Facts
from domain.foresight.finding import Finding
from domain.foresight.situations import Situations
from domain.hours import spelled
from domain.person import QuietHours, urgency_of
from domain.policy import AssignRole, Policy, Step
from domain.recipients import Moment, PersonTarget, meant_by, people_of
from domain.severity import Severity
from domain.target import Lead, Target

_SOME_DAY = datetime(2024, 1, 1, tzinfo=UTC)
"""Quiet hours come back every week: any week will do."""


class Place(NamedTuple):
    """Where a policy or a route names whom."""

    kind: str
    name: str
    field: str
    target: Target
    severities: tuple[Severity, ...]

    @property
    def spelled(self) -> str:
        """For people: `step 2 of the policy ladder`."""
        if self.kind == "routes":
            return f"the route {self.name}"
        what, number = self.field.split(".")[:2]
        return f"{'step' if what == 'steps' else 'reminder'} {int(number) + 1} of the policy {self.name}"


class Meant(NamedTuple):
    """What came of looking: whom each place means at some time, and why nobody where nobody is."""

    place: Place
    people: tuple[str, ...]
    anybody: bool
    missing: str


def places(policy: Policy, situations: Situations, severities: tuple[Severity, ...]) -> list[Place]:
    """Every target of a policy, and of the routes that tell of its incidents."""
    found = []
    for number, rung in enumerate(policy.steps):
        asked = rung.when.severities or severities
        if isinstance(rung, Step):
            targets = enumerate(rung.targets)
            found += [Place("policies", policy.name, f"steps.{number}.targets.{n}", t, asked) for n, t in targets]
        elif isinstance(rung, AssignRole):
            found.append(Place("policies", policy.name, f"steps.{number}.to", rung.to, asked))
    for number, persist in enumerate(policy.persist):
        asked = persist.severities
        found += [
            Place("policies", policy.name, f"persist.{number}.targets.{n}", t, asked)
            for n, t in enumerate(persist.targets)
        ]
    directory = situations.directory
    for route in directory.routes:
        asked = route.when.severities or tuple(Severity)
        if not route.teams or directory.team in route.teams:
            found += [Place("routes", route.name, f"targets.{n}", t, asked) for n, t in enumerate(route.targets)]
    return found


def look(places: list[Place], situations: Situations) -> list[Meant]:
    """Whom each place means in any of the situations."""
    people: list[dict[str, None]] = [{} for _ in places]
    anybody = [isinstance(place.target, Lead) for place in places]  # somebody will lead it when it comes to that
    missing: list[dict[str, None]] = [{} for _ in places]
    for at, directory in situations.distinct():
        for number, place in enumerate(places):
            severity = (place.severities or (Severity.SEV1_CRITICAL,))[0]
            moment = Moment(Facts(severity=severity), directory, at)
            if isinstance(place.target, get_args(PersonTarget)):
                people[number].update(dict.fromkeys(people_of(place.target, moment).people))
            if not anybody[number]:
                meant = meant_by(place.target, moment)
                anybody[number] = bool(meant.told)
                missing[number].update(dict.fromkeys(meant.missing))
    return [Meant(place, tuple(people[n]), anybody[n], "; ".join(missing[n])) for n, place in enumerate(places)]


def empty(found: list[Meant], team: str, services: tuple[str, ...]) -> Iterator[Finding]:
    """Steps, reminders and routes that never mean anybody, and single targets of those that do."""
    steps: dict[tuple[str, str, str], list[Meant]] = {}
    for meant in found:
        field = ".".join(meant.place.field.split(".")[:2]) if meant.place.kind == "policies" else "targets"
        steps.setdefault((meant.place.kind, meant.place.name, field), []).append(meant)
    for (kind, name, field), several in steps.items():
        nobody = [meant for meant in several if not meant.anybody]
        if not nobody:
            continue
        whole = len(nobody) == len(several)
        why = "; ".join(dict.fromkeys(meant.missing for meant in nobody if meant.missing))
        what = several[0].place.spelled if whole else f"a target of {several[0].place.spelled}"
        yield Finding(
            severity="fault" if whole and kind == "policies" else "warning",
            code="empty_step",
            kind=kind,
            name=name,
            field=field if whole else nobody[0].place.field,
            message=f"{what} never tells anybody for {team}: {why}",
            services=services,
        )


def unverified(catalogue: Catalogue, found: list[Meant]) -> Iterator[Finding]:
    """People whom a step means, by a channel on which they have no verified contact method."""
    for meant in found:
        for email in meant.people:
            user = catalogue.user_named.get(email)
            if user is not None and user.contact_methods:
                for channel in _asked(meant.place, user):
                    if not user.has(channel):
                        yield _unverified(meant.place, user, channel)


def softened(catalogue: Catalogue, found: list[Meant]) -> Iterator[Finding]:
    """People whom urgent incidents do not wake in their quiet hours, though a step would."""
    for meant in found:
        urgent = [severity for severity in meant.place.severities if urgency_of(severity) == "high"]
        if not urgent or not isinstance(meant.place.target, get_args(PersonTarget)):
            continue
        for email in meant.people:
            user = catalogue.user_named.get(email)
            for quiet in user.quiet_hours if user else ():
                if user and any(_is_softened(user, quiet, meant.place, severity) for severity in urgent):
                    yield _softened(user, quiet)


def _is_softened(user: User, quiet: QuietHours, place: Place, severity: Severity) -> bool:
    """Whether some of what the place sends is made gentler at the beginning of the quiet hours."""
    if severity not in quiet.severities:
        return False
    at = quiet.next_opening(_SOME_DAY, user.time_zone)
    told = user.ways(getattr(place.target, "channel", None), severity, at)
    wide_awake = user.model_copy(update={"quiet_hours": ()}).ways(getattr(place.target, "channel", None), severity, at)
    return any(way.channel in LOUD for way in wide_awake) and not any(way.channel in LOUD for way in told)


def _softened(user: User, quiet: QuietHours) -> Finding:
    urgent = " and ".join(one.short for one in Severity if urgency_of(one) == "high" and one in quiet.severities)
    return Finding(
        severity="warning",
        code="quiet",
        kind="users",
        name=user.email,
        field="quiet_hours",
        message=f"{user.email} is not woken by {urgent} in their quiet hours {spelled(quiet)} ({user.time_zone}): chat "
        "or mail tells them then. Leave these severities out of the quiet hours, or let a step wake somebody else",
    )


def _asked(place: Place, user: User) -> list[ChannelName]:
    """By which channels somebody would be told: the policy's, else those of their own rules."""
    channel: ChannelName | None = getattr(place.target, "channel", None)
    if channel is not None:
        return [channel]
    urgencies = {urgency_of(severity) for severity in place.severities}
    return list(dict.fromkeys(rule.channel for rule in user.notification_rules if rule.urgency in urgencies))


def _unverified(place: Place, user: User, channel: ChannelName) -> Finding:
    registered = any(method.channel is channel for method in user.contact_methods)
    loud = any(method.verified and method.channel in LOUD for method in user.contact_methods)
    asks = place.spelled if getattr(place.target, "channel", None) else "a notification rule of their own"
    state = f"has not verified their {channel}" if registered else f"has no {channel}"
    instead = next((other for other in instead_of(channel) if user.has(other)), ChannelName.EMAIL)
    return Finding(
        severity="fault" if registered or (channel in LOUD and not loud) else "warning",
        code="unverified",
        kind="users",
        name=user.email,
        field="contact_methods",
        message=f"{user.email} {state}, by which {asks} would tell them: they are told by {instead} until they do",
    )
