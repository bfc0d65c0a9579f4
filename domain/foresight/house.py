"""What is missing in the catalogue: people who cannot be told, teams and services that nobody has finished."""

from collections.abc import Iterator

from domain.catalogue import Catalogue, Fault, Team, broken_references
from domain.foresight.finding import Finding
from domain.organisation import default_policy
from domain.policy import Policy
from domain.target import People, Person


def references(catalogue: Catalogue) -> list[Finding]:
    """Names that name nothing, or are there twice: with these there is no plan to look at."""
    return [_reference(fault) for fault in broken_references(catalogue)]


def _reference(fault: Fault) -> Finding:
    return Finding(
        severity="fault",
        code="loop" if fault.field == "depends_on" and "itself" in fault.message else "twice_or_unknown",
        kind=fault.kind,
        name=fault.name,
        field=fault.field,
        message=fault.message,
    )


def no_policy(catalogue: Catalogue) -> Iterator[Finding]:
    """A catalogue without any policy: no incident pages anybody."""
    if not catalogue.policies:
        text = "there is no escalation policy: no incident pages anybody. Add one, and make it the default"
        services = tuple(service.name for service in catalogue.services if service.is_active)
        yield Finding(
            severity="fault",
            code="no_policy",
            kind="policies",
            name="",
            field="",
            message=text,
            services=services,
        )


def unfinished(catalogue: Catalogue, preferred: str = "") -> Iterator[Finding]:
    """What a team or a service should have, and what nobody has given it (REQUIREMENTS R-D-10).

    Args:
        catalogue: all of it.
        preferred: the policy that the settings make the default, if any.
    """
    owning = dict.fromkeys(service.team for service in catalogue.services if service.is_active)
    default = default_policy(catalogue, preferred)
    unmarked = None if default is None or default.is_default or default.name == preferred else default.name
    for team in catalogue.teams:
        if team.name in owning:
            yield from _team(team, unmarked)
    for service in catalogue.services:
        if service.is_active and service.runbook_url is None:
            text = f"{service.name} has no runbook: give it a runbook_url"
            yield _missing("services", service.name, "runbook_url", text, (service.name,))


def _team(team: Team, unmarked: str | None) -> Iterator[Finding]:
    """With the policy that stands in for the default, when none is marked as it."""
    missing = {
        "channel": None if team.channel else "channel: nobody but the people on call hears of its incidents",
        "manager": None if team.manager else "manager: nobody answers for it when nobody else does",
        "policy": None if team.policy or not unmarked else f"policy, and none is the default: it climbs by {unmarked}",
        "schedule": None if team.schedule else "schedule: the same person is on call day and night",
    }
    for field, what in missing.items():
        if what:
            if field == "schedule" and not team.on_call:
                what = "schedule and nobody on call"
            yield _missing("teams", team.name, field, f"the team {team.name} has no {what}")


def gone(catalogue: Catalogue, policies: list[Policy]) -> Iterator[Finding]:
    """People who are not active any more, and whom a team or a policy still names."""
    for team in catalogue.teams:
        for field, email in (("on_call", team.on_call), ("manager", team.manager)):
            if email and not _is_active(catalogue, email):
                text = f"{email} is {field.replace('_', ' ')} of {team.name} and is not active: name somebody else"
                yield _inactive("teams", team.name, field, text)
    for policy in policies:
        if policy.owner and not _is_active(catalogue, policy.owner):
            text = f"{policy.owner} owns the policy {policy.name} and is not active: name somebody else"
            yield _inactive("policies", policy.name, "owner", text)
        for target in policy.targets():
            named = (
                target.emails if isinstance(target, People) else (target.email,) if isinstance(target, Person) else ()
            )
            for email in named:
                if not _is_active(catalogue, email):
                    text = f"{email} is named by the policy {policy.name} and is not active: name somebody else"
                    yield _inactive("policies", policy.name, "steps", text)


def _inactive(kind: str, name: str, field: str, message: str) -> Finding:
    return Finding(severity="fault", code="inactive_person", kind=kind, name=name, field=field, message=message)


def without_method(catalogue: Catalogue, emails: list[str]) -> Iterator[Finding]:
    """People who may be paged and have registered no contact method."""
    for email in emails:
        user = catalogue.user_named.get(email)
        if user is not None and not user.contact_methods:
            text = f"{email} has no contact method: only the built-in inbox reaches them"
            yield Finding(
                severity="warning",
                code="no_contact_method",
                kind="users",
                name=email,
                field="contact_methods",
                message=text,
            )


def _is_active(catalogue: Catalogue, email: str) -> bool:
    user = catalogue.user_named.get(email)
    return user is not None and user.is_active


def _missing(kind: str, name: str, field: str, message: str, services: tuple[str, ...] = ()) -> Finding:
    return Finding(
        severity="warning", code="incomplete", kind=kind, name=name, field=field, message=message, services=services
    )
