"""Can a policy be answered: enough people are told for the acknowledgements that it wants."""

from collections.abc import Iterator, Sequence
from typing import get_args

from domain.condition import Facts
from domain.foresight.finding import Finding
from domain.foresight.situations import Situations
from domain.foresight.targets import Place
from domain.policy import Policy
from domain.recipients import Moment, PersonTarget, present_of
from domain.severity import Severity


def too_few(
    policy: Policy,
    situations: Situations,
    places: Sequence[Place],
    severities: Sequence[Severity],
    services: tuple[str, ...],
) -> Iterator[Finding]:
    """A policy that wants more acknowledgements than it tells people: at all times a fault, at some a warning.

    Args:
        policy: the policy.
        situations: of one team whose incidents climb by it.
        places: where the policy and the routes name whom.
        severities: of these incidents.
        services: whose incidents they are.
    """
    if policy.acknowledgements == 1:
        return
    counts = _counts(situations, [place for place in places if not place.field.startswith("persist")], severities)
    for severity in severities:
        fewest, most = min(one[severity] for one in counts), max(one[severity] for one in counts)
        if fewest >= policy.acknowledgements:
            continue
        never = most < policy.acknowledgements
        told = f"{_people(most)} at most" if never else f"at some times {_people(fewest)} only"
        yield Finding(
            severity="fault" if never else "warning",
            code="acknowledgements",
            kind="policies",
            name=policy.name,
            field="acknowledgements",
            message=f"the policy {policy.name} wants {policy.acknowledgements} people to acknowledge and tells {told} "
            f"of an incident of {situations.directory.team}: it does not stop then. Ask for fewer acknowledgements, or "
            "tell more people",
            services=services,
        )


def _counts(
    situations: Situations, places: Sequence[Place], severities: Sequence[Severity]
) -> list[dict[Severity, int]]:
    """How many people are there to be told of an incident of each severity, in each distinct situation."""
    counts = []
    for at, directory in situations.distinct():
        told: dict[Severity, set[str]] = {severity: set() for severity in severities}
        for place in places:
            moment = Moment(Facts(severity=severities[0]), directory, at)
            there = _there(place, moment)
            for severity in severities:
                if severity in place.severities:
                    told[severity].update(there)
        counts.append({severity: len(people) for severity, people in told.items()})
    return counts


def _there(place: Place, moment: Moment) -> tuple[str, ...]:
    """Whom a place names and who is not away; all of those of whom one at a time is told, for rounds go on."""
    return present_of(place.target, moment) if isinstance(place.target, get_args(PersonTarget)) else ()


def _people(count: int) -> str:
    return {0: "nobody", 1: "one person"}.get(count, f"{count} people")
