"""Escalation policies out of steps that each wait for the one before."""

from collections.abc import Sequence
from typing import Literal

from domain.catalogue import Policy
from domain.policy import ResolveIt, Rung, Step
from domain.target import Target
from gateway.importers.imported import Report

MOST_STEPS = 20
MOST_TARGETS = 20
"""Of one step."""
MOST_ROUNDS = 20
DEFAULT_REPEAT_SECONDS = 1800


class Ladder:
    """Collects the steps of one policy."""

    def __init__(self, name: str, report: Report) -> None:
        self._name = name
        self._what = f"policy “{name}”"
        self._report = report
        self._steps: list[Rung] = []
        self.elapsed = 0
        """Seconds since the start of the ladder."""

    def wait(self, seconds: int) -> None:
        """Let the next step be later."""
        self.elapsed += seconds

    def tell(self, targets: Sequence[Target]) -> None:
        """Add a step, or its targets to the last one when it is at the same time."""
        if not targets:
            return
        told = list(targets)
        last = self._steps[-1] if self._steps else None
        if isinstance(last, Step) and last.after_seconds == self.elapsed:
            told = [*last.targets, *targets]
            self._steps.pop()
        if len(told) > MOST_TARGETS:
            step = f"step {len(self._steps) + 1}"
            self._report.leave_out(
                self._what, f"{step} tells more than {MOST_TARGETS}: those after the {MOST_TARGETS}th"
            )
        self._steps.append(Step(after_seconds=self.elapsed, targets=tuple(told[:MOST_TARGETS])))

    def resolve(self) -> None:
        """Resolve the incident as the last step."""
        self._steps.append(ResolveIt(after_seconds=self.elapsed))

    def policy(
        self, *, rounds: int = 1, repeat: Literal["last", "all"] = "all", repeat_seconds: int = 0, description: str = ""
    ) -> Policy | None:
        """The policy; None when it tells nobody.

        Args:
            rounds: how often it is gone through, the first time included.
            repeat: what a later round repeats.
            repeat_seconds: after the last step of a round; 0 for at once, which is a second here.
            description: for people.
        """
        if not self._steps:
            self._report.leave_out(self._what, "none of its steps tells anybody")
            return None
        if len(self._steps) > MOST_STEPS:
            self._report.leave_out(self._what, f"has {len(self._steps)} steps: those after the {MOST_STEPS}th")
        if rounds > MOST_ROUNDS:
            self._report.leave_out(self._what, f"is repeated {rounds - 1} times: {MOST_ROUNDS - 1} are the most here")
        return Policy(
            name=self._name,
            description=description[:2000],
            steps=tuple(self._steps[:MOST_STEPS]),
            repeat=repeat,
            repeat_seconds=max(1, repeat_seconds) if rounds > 1 else DEFAULT_REPEAT_SECONDS,
            max_rounds=min(max(1, rounds), MOST_ROUNDS),
        )
