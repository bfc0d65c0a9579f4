"""The activities of going on call as workflows see them."""

from abc import ABC, abstractmethod
from datetime import datetime

from pydantic import BaseModel, ConfigDict
from temporalio import activity

from domain.duty import HandoffOrder


class HandoffDone(BaseModel):
    """What became of it."""

    model_config = ConfigDict(frozen=True)

    at: datetime | None = None
    """When the hand-off was; None: there was none."""
    leaving: tuple[str, ...] = ()
    coming: tuple[str, ...] = ()
    told: int = 0
    """How many people were told now."""


class Round(BaseModel):
    """A look at all schedules, at an instant."""

    model_config = ConfigDict(frozen=True)

    at: datetime


class DutyContract(ABC):
    """Hand-offs, reminders, and the weekly digest."""

    @activity.defn(name="hand_over")
    @abstractmethod
    async def hand_over(self, order: HandoffOrder) -> HandoffDone:
        """Write the recap and tell whoever leaves and whoever comes, once."""

    @activity.defn(name="remind_of_duty")
    @abstractmethod
    async def remind_of_duty(self, round: Round) -> int:
        """Tell everybody who goes on call within the hour, once for each shift; how many were told now."""

    @activity.defn(name="send_readiness")
    @abstractmethod
    async def send_readiness(self, round: Round) -> int:
        """Tell each team's manager what its on-call lacks, once a week; how many were told now."""
