"""Which open incident an alert joins whatever its key says."""

from collections.abc import Mapping
from typing import TypeVar
from uuid import UUID

from domain.intake.verdict import Verdict

T = TypeVar("T")


def stays(verdict: Verdict, *, was_moved: bool = False) -> bool:
    """Whether an alert goes on where it fires as long as that incident is open: a known fingerprint does
    (REQUIREMENTS X-01), and what somebody has moved there."""
    return verdict.signal.fingerprint is not None or was_moved


def joins(verdict: Verdict, home: T | None, down: Mapping[UUID, T], *, was_moved: bool = False) -> T | None:
    """The incident that an alert joins; None: its key decides.

    Args:
        verdict: on the alert.
        home: the open incident where it fires, if it does.
        down: open incidents of services on which others depend, by service.
        was_moved: whether somebody has put the alert where it is.
    """
    if home is not None and stays(verdict, was_moved=was_moved):
        return home
    return next((down[service] for service in verdict.service.depends_on if service in down), None)
