"""What another policy would have paged in the past, beside what was paged."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from domain.catalogue import Catalogue
from domain.climb import Climb, PlannedStep, Situation
from domain.condition import Facts
from domain.escalation import persistence, plan
from domain.load import is_night
from domain.organisation import PagedBefore, directory_of, policy_for
from domain.policy import Policy

MOST_DAYS_BACK = 366


class PastPage(BaseModel):
    """A page that was sent."""

    model_config = ConfigDict(frozen=True)

    recipient: str
    at: datetime


class PastIncident(BaseModel):
    """An incident of the past, and what was paged for it."""

    model_config = ConfigDict(frozen=True)

    name: str
    service: str
    team: str
    facts: Facts
    policy: str | None
    """The name of the policy by which it climbed."""
    started_at: datetime
    acknowledged_at: datetime | None
    """By whoever it was; None when nobody ever did."""
    over_at: datetime
    """When it was mitigated or resolved; until when it is looked at, when it is still open."""
    pages: tuple[PastPage, ...] = ()
    """Of its first climb."""


class Pages(BaseModel):
    """How many pages, and how many of them at night by the clock of whoever is paged."""

    model_config = ConfigDict(frozen=True)

    pages: int = 0
    night_pages: int = 0

    def plus(self, *, night: bool) -> "Pages":
        """With one more."""
        return Pages(pages=self.pages + 1, night_pages=self.night_pages + night)


class PersonPages(BaseModel):
    """What somebody was paged, and what they would have been."""

    model_config = ConfigDict(frozen=True)

    user: str
    before: Pages
    after: Pages

    @property
    def difference(self) -> Pages:
        """How much more; less than nothing when it is less."""
        return Pages(
            pages=self.after.pages - self.before.pages,
            night_pages=self.after.night_pages - self.before.night_pages,
        )


class Replay(BaseModel):
    """The comparison."""

    model_config = ConfigDict(frozen=True)

    incidents: int
    people: tuple[PersonPages, ...]
    unreached: tuple[str, ...]
    """Incidents that would have paged nobody before they were over."""


def replay(
    catalogue: Catalogue, policy: Policy, incidents: Sequence[PastIncident], preferred: str, team: str | None
) -> Replay:
    """Compare.

    Each incident climbs by the policy from its beginning until it was acknowledged, when it was and by whoever was on
    call then; reminders come until it was over. Acknowledgements are those that there were: somebody who was paged
    sooner might have answered sooner. It climbs once: the pages before are those of its first climb as well.

    Args:
        catalogue: as it is; schedules say who was on call at any time, overrides are those of the time.
        policy: what is tried. With the name of one that there is, in its place; with another, for every incident.
        incidents: of the time, drills left out, in the order of their beginning.
        preferred: the policy that the settings make the default of teams that name none, if any.
        team: only the incidents of this team.
    """
    replaces = policy.name in catalogue.policy_named
    chosen = [
        incident
        for incident in incidents
        if (team is None or incident.team == team)
        and incident.team in catalogue.team_named
        and (not replaces or _policy_of(incident, catalogue, preferred) == policy.name)
    ]
    before: dict[str, Pages] = {}
    after: dict[str, Pages] = {}
    unreached: list[str] = []
    paged = PagedBefore({}, {})
    for incident in chosen:
        for page in incident.pages:
            _count(before, page.recipient, page.at, catalogue)
        simulated = list(_pages(catalogue, policy, incident, paged))
        for page in simulated:
            _count(after, page.recipient, page.at, catalogue)
        if policy.climbs(incident.facts.severity) and not any(p.recipient in catalogue.user_named for p in simulated):
            unreached.append(incident.name)
    people = [
        PersonPages(user=email, before=before.get(email, Pages()), after=after.get(email, Pages()))
        for email in sorted({*before, *after})
    ]
    return Replay(incidents=len(chosen), people=tuple(people), unreached=tuple(unreached))


def _policy_of(incident: PastIncident, catalogue: Catalogue, default: str) -> str | None:
    """The name of the policy that an incident kept; of one without, what its service has now."""
    service = catalogue.service_named.get(incident.service)
    if incident.policy is not None or service is None:
        return incident.policy
    return policy_for(catalogue, service, incident.facts.severity, default).name


def _pages(catalogue: Catalogue, policy: Policy, incident: PastIncident, before: PagedBefore) -> Iterator[PastPage]:
    """What the policy would have sent; whose turn it was goes on from one incident to the next."""
    directory = directory_of(catalogue, incident.team, policy, incident.started_at, incident.acknowledged_at, before)
    situation = Situation(policy, incident.facts, directory, Climb(started_at=incident.started_at))
    stopped = min(incident.acknowledged_at or incident.over_at, incident.over_at)
    steps: list[PlannedStep] = [step for step in plan(situation) if _is_before(step, stopped, incident.started_at)]
    if incident.acknowledged_at is not None:
        reminders = persistence(situation, incident.acknowledged_at)
        steps += [step for step in reminders if step.at < incident.over_at]
    for step in steps:
        for delivery in step.deliveries:
            if delivery.turn is not None:
                before.turns[delivery.turn] = delivery.recipient
            before.last_paged[delivery.recipient] = step.at
            yield PastPage(recipient=delivery.recipient, at=step.at)


def _is_before(step: PlannedStep, stopped: datetime, started: datetime) -> bool:
    """The first message leaves before anybody can acknowledge."""
    return step.at < stopped or step.at <= started


def _count(counts: dict[str, Pages], recipient: str, at: datetime, catalogue: Catalogue) -> None:
    """Channels and addresses are nobody who could be woken."""
    user = catalogue.user_named.get(recipient)
    if user is not None:
        counts[recipient] = counts.get(recipient, Pages()).plus(night=is_night(at, user.time_zone))


def as_json(found: Replay) -> Mapping[str, object]:
    """With the differences."""
    shown = found.model_dump(mode="json")
    people = [{**one.model_dump(mode="json"), "difference": one.difference.model_dump()} for one in found.people]
    return {**shown, "people": people}
