"""Can a policy be answered: enough people are told for the acknowledgements that it wants."""

from collections.abc import Collection, Iterator

from domain.catalogue import Catalogue
from domain.condition import Facts
from domain.escalation import Climb, Situation, plan
from domain.foresight.finding import Finding
from domain.foresight.situations import Situations
from domain.policy import Policy
from domain.severity import Severity


def too_few(
    catalogue: Catalogue,
    policy: Policy,
    situations: Situations,
    severities: Collection[Severity],
    services: tuple[str, ...],
) -> Iterator[Finding]:
    """A policy that wants more acknowledgements than people are told of an incident, counted in whole plans.

    A fault when it is so at all times, a warning when it is so at some.
    """
    if policy.acknowledgements == 1:
        return
    for severity in severities:
        counts = _counts(catalogue, policy, situations, Facts(severity=severity, service=services[0]))
        fewest, most = min(counts), max(counts)
        if fewest >= policy.acknowledgements:
            continue
        never = most < policy.acknowledgements
        people = "nobody" if not most else "one person at most" if most == 1 else f"{most} people at most"
        some = "one person" if fewest == 1 else f"{fewest} people"
        yield Finding(
            severity="fault" if never else "warning",
            code="acknowledgements",
            kind="policies",
            name=policy.name,
            field="acknowledgements",
            message=f"the policy {policy.name} wants {policy.acknowledgements} people to acknowledge and tells "
            f"{people if never else f'at some times {some} only'} of an incident of {situations.directory.team}: "
            "it does not stop then. Ask for fewer acknowledgements, or tell more people",
            services=services,
        )


def _counts(catalogue: Catalogue, policy: Policy, situations: Situations, facts: Facts) -> list[int]:
    """How many people are told of an incident that nobody answers, for each distinct situation in which it begins."""
    counts = []
    for at, directory in situations.distinct():
        begun = facts.model_copy(update={"alerts": ((at, 1),)})
        steps = plan(Situation(policy, begun, directory, Climb(started_at=at)))
        told = {one.recipient for step in steps for one in step.deliveries}
        counts.append(sum(1 for email in catalogue.user_named if email in told))
    return counts
