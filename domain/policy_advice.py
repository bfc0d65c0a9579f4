"""What may be unwise about an escalation policy (REQUIREMENTS R-F-13): 3 to 5 steps, growing delays."""

from collections.abc import Iterator
from itertools import pairwise

from domain.policy import Policy

FEWEST, MOST = 3, 5


def warnings(policy: Policy) -> tuple[str, ...]:
    """Advice in sentences; nothing of it forbids the policy."""
    return tuple(_warnings(policy))


def _warnings(policy: Policy) -> Iterator[str]:
    count = len(policy.steps)
    if count == 1:
        yield f"a single step: when it reaches nobody, nobody else is told; {FEWEST} to {MOST} steps are usual"
    elif count < FEWEST:
        yield f"{count} steps: {FEWEST} to {MOST} are usual"
    elif count > MOST:
        yield f"{count} steps: more than {MOST} are hard to foresee; {FEWEST} to {MOST} are usual"
    waits = [later.after_seconds - earlier.after_seconds for earlier, later in pairwise(policy.steps)]
    for number, (earlier, later) in enumerate(pairwise(waits), start=3):
        if later < earlier:
            yield f"step {number} comes {later} s after the one before, which had {earlier} s: delays should grow"
