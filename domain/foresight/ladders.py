"""What is wrong with a policy by itself: steps that another cuts off, that never come, that go round in a circle."""

from collections.abc import Iterator
from itertools import pairwise

from domain.catalogue import Catalogue, User
from domain.condition import ALWAYS
from domain.foresight.conditions import allows, can_both_hold, follows
from domain.foresight.finding import Code, Finding, finding
from domain.person import urgency_of
from domain.policy import Policy, ResolveIt, Rung, Step
from domain.severity import Severity
from domain.target import OnCall

TO_ANSWER = 10
"""Nobody acknowledges in fewer seconds."""


def ladder_faults(policy: Policy, services: tuple[str, ...]) -> Iterator[Finding]:
    """What anybody could see who reads the policy; with the services whose incidents climb by it."""
    yield from _after_the_end(policy)
    yield from _at_the_same_instant(policy)
    yield from _reminders_cut_off(policy)
    for number, rung in enumerate(policy.steps, start=1):
        why = _never(rung, policy, services)
        if why:
            text = f"step {number} of the policy {policy.name} never comes: {why}"
            yield _of(policy, "never", f"steps.{number - 1}.when", text)


def outrun(policy: Policy, number: int, user: User, severities: tuple[Severity, ...]) -> Iterator[Finding]:
    """A step whose person is told, by rules of their own, only when the next step is due already.

    Args:
        policy: the policy.
        number: which step, from 0.
        user: somebody whom it means without naming a channel.
        severities: of the incidents that climb by it.
    """
    told: dict[str, Finding] = {}
    for severity in severities:
        delays = [rule.after_seconds for rule in user.notification_rules if rule.urgency == urgency_of(severity)]
        for following, surely in _following(policy, number, severity):
            wait = following.after_seconds - policy.steps[number].after_seconds
            late = [delay for delay in delays if delay >= wait]
            if not late:
                continue
            first = min(delays) >= wait
            what = "their first rule" if first else "a rule of theirs"
            text = (
                f"step {number + 1} of the policy {policy.name} is cut off by the next: {what} tells {user.email} "
                f"{late[0]} s after it, and the next step comes after {wait} s. Let the step wait longer, or the rule "
                "less"
            )
            told.setdefault(text, _of(policy, "cut_off", f"steps.{number}", text, fault=first and surely))
            break
    yield from told.values()


def _following(policy: Policy, number: int, severity: Severity) -> Iterator[tuple[Rung, bool]]:
    """The next rung that surely comes after one that came, and before it the next that may come.

    A step for other hours, severities or services than this one's never overtakes it.
    """
    rung = policy.steps[number]
    if not allows(rung.when, severity):
        return
    later = [
        other
        for other in policy.steps[number + 1 :]
        if isinstance(other, Step | ResolveIt) and allows(other.when, severity) and can_both_hold(rung.when, other.when)
    ]
    sure = next((other for other in later if follows(other.when, rung.when)), None)
    if sure is not None:
        yield sure, True
    if later and later[0] is not sure:
        yield later[0], False


def _after_the_end(policy: Policy) -> Iterator[Finding]:
    """What comes after the incident was resolved."""
    for number, rung in enumerate(policy.steps):
        if not isinstance(rung, ResolveIt) or rung.when != ALWAYS:
            continue
        for later in range(number + 1, len(policy.steps)):
            text = f"step {later + 1} of the policy {policy.name} is cut off: step {number + 1} resolves the incident"
            yield _of(policy, "cut_off", f"steps.{later}", text)
        if policy.max_rounds > 1 and policy.repeat == "all":
            text = f"the policy {policy.name} is never repeated: step {number + 1} resolves the incident"
            yield _of(policy, "cut_off", "max_rounds", text, fault=False)
        return


def _at_the_same_instant(policy: Policy) -> Iterator[Finding]:
    steps = [(number, rung) for number, rung in enumerate(policy.steps) if isinstance(rung, Step | ResolveIt)]
    for (number, rung), (following, later) in pairwise(steps):
        if rung.after_seconds == later.after_seconds and rung.when == later.when and isinstance(rung, Step):
            text = (
                f"step {number + 1} of the policy {policy.name} is cut off by the next: step {following + 1} comes at "
                f"the same instant, after {later.after_seconds} s. Give it time to be answered, or make them one step"
            )
            yield _of(policy, "cut_off", f"steps.{number}", text)
        elif rung.when == later.when and _is_too_soon(rung, later):
            wait = later.after_seconds - rung.after_seconds
            text = (
                f"step {number + 1} of the policy {policy.name} has {wait} s until step {following + 1} tells others: "
                "nobody answers so fast. Give it time to be answered, or make them one step"
            )
            yield _of(policy, "cut_off", f"steps.{number}", text, fault=False)


def _is_too_soon(rung: Rung, later: Rung) -> bool:
    """Whether others are told before anybody could answer; the same people by another channel may be."""
    if not isinstance(rung, Step) or not isinstance(later, Step):
        return False
    if later.after_seconds - rung.after_seconds >= TO_ANSWER:
        return False
    whom = [target.model_dump(exclude={"channel"}) for target in rung.targets]
    return any(target.model_dump(exclude={"channel"}) not in whom for target in later.targets)


def _reminders_cut_off(policy: Policy) -> Iterator[Finding]:
    timeout = policy.acknowledgement_timeout_seconds
    for number, persist in enumerate(policy.persist):
        if timeout is not None and persist.after_seconds >= timeout:
            text = (
                f"reminder {number + 1} of the policy {policy.name}, {persist.after_seconds} s after the "
                f"acknowledgement, is cut off: the acknowledgement ends after {timeout} s"
            )
            yield _of(policy, "cut_off", f"persist.{number}", text)


def _never(rung: Rung, policy: Policy, services: tuple[str, ...]) -> str | None:
    """Why a rung's condition can never hold."""
    when = rung.when
    if when.severities and not any(policy.climbs(severity) for severity in when.severities):
        shorts = ", ".join(severity.short for severity in when.severities)
        return f"it is for {shorts} only, which do not climb by it"
    if when.services and not set(when.services) & set(services):
        return f"it is for {', '.join(when.services)} only, and no incident of these climbs by it"
    if when.hours and when.outside_hours and when.hours == when.outside_hours:
        return "hours and outside_hours are the same"
    own = isinstance(rung, Step) and all(isinstance(t, OnCall) and t.schedule is None for t in rung.targets)
    if when.nobody_on_call and own:
        return "it is for when nobody is on call, and tells whoever is on call"
    return None


def circles(catalogue: Catalogue) -> Iterator[Finding]:
    """Services that depend on themselves by way of others; each circle once."""
    done: dict[str, None] = {}
    for service in catalogue.services:
        circle = _circle_from(service.name, catalogue, done)
        if circle:
            yield Finding(
                severity="fault",
                code="loop",
                kind="services",
                name=circle[0],
                field="depends_on",
                message=f"services depend on each other in a loop: {' → '.join([*circle, circle[0]])}. "
                "Leave one of these dependencies out",
                services=tuple(circle),
            )


def _circle_from(start: str, catalogue: Catalogue, done: dict[str, None]) -> list[str]:
    """The first circle that is found from a service on; all that was looked at is remembered."""
    path: dict[str, None] = {}
    waiting: list[tuple[str, bool]] = [(start, True)]
    while waiting:
        name, coming = waiting.pop()
        if not coming:
            path.pop(name, None)
            done[name] = None
        elif name in path:
            names = list(path)
            done.update(path)
            return names[names.index(name) :]
        elif name not in done and name in catalogue.service_named:
            path[name] = None
            waiting.append((name, False))
            waiting += [(other, True) for other in reversed(catalogue.service_named[name].depends_on)]
    return []


def _of(policy: Policy, code: Code, field: str, message: str, *, fault: bool = True) -> Finding:
    return finding("policies", policy.name, code, field, message, fault=fault)
