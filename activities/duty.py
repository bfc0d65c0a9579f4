"""Hands over, reminds those who go on call, and sends the weekly digest."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.duty_contract import DutyContract, HandoffDone, Round
from db.catalogue.reading import CatalogueReader
from db.engine import Sessions
from db.models import Schedule as ScheduleRow
from db.notices import tell
from db.schedules import handoffs
from db.schedules.overrides import notice_key
from domain.catalogue import Catalogue
from domain.duty import Change, HandoffOrder, Recap, Start, hand_off_near, recap_text, starting
from domain.notice import Link, Notice
from domain.readiness_digest import readiness_digest
from domain.schedule.schedule import Schedule
from domain.wall_clock import period_text

SOON = timedelta(hours=1)


class DutyActivities(DutyContract):
    """Every message has a key: what runs twice tells once."""

    def __init__(self, sessions: Sessions, catalogue: CatalogueReader, base_url: str) -> None:
        """Args: base_url: of the links in messages."""
        self._sessions = sessions
        self._catalogue = catalogue
        self._base_url = base_url

    @activity.defn(name="hand_over")
    async def hand_over(self, order: HandoffOrder) -> HandoffDone:
        """Write the recap and tell whoever leaves and whoever comes, once."""
        assert order.at is not None, "the workflow says when"
        async with self._sessions.begin() as session:
            catalogue = await self._catalogue.read(session)
            name = await session.scalar(select(ScheduleRow.name).where(ScheduleRow.id == order.schedule_id))
            schedule = catalogue.schedule_named.get(name or "")
            change = hand_off_near(schedule, order.at) if schedule else None
            if schedule is None or change is None:
                return HandoffDone()
            told = await self._hand_over(session, order.schedule_id, schedule, change, catalogue)
        return HandoffDone(at=change.at, leaving=change.leaving, coming=change.coming, told=told)

    @activity.defn(name="remind_of_duty")
    async def remind_of_duty(self, round: Round) -> int:
        """Tell everybody who goes on call within the hour, once for each shift; how many were told now."""
        told = 0
        async with self._sessions.begin() as session:
            catalogue = await self._catalogue.read(session)
            ids = {row.name: row.id for row in await session.execute(select(ScheduleRow.id, ScheduleRow.name))}
            found = await asyncio.to_thread(_starting, catalogue, round.at)
            for schedule, start in found:
                if schedule.name in ids and _is_active(catalogue, start.user):
                    told += await tell(session, self._reminder(ids[schedule.name], schedule.name, start, catalogue))
        return told

    @activity.defn(name="send_readiness")
    async def send_readiness(self, round: Round) -> int:
        """Tell each team's manager what its on-call lacks, once a week; how many were told now."""
        told = 0
        year, week, _ = round.at.isocalendar()
        async with self._sessions.begin() as session:
            catalogue = await self._catalogue.read(session)
            for team in catalogue.teams:
                if team.manager is None or not _is_active(catalogue, team.manager):
                    continue
                notice = Notice(
                    key=notice_key("readiness", f"{year}-W{week:02}", team.name, team.manager),
                    kind="readiness_digest",
                    recipient=team.manager,
                    text=await asyncio.to_thread(readiness_digest, catalogue, team, round.at),
                    links=(Link(href=f"{self._base_url}/oncall", text="On call"),),
                )
                told += await tell(session, notice)
        return told

    async def _hand_over(
        self, session: AsyncSession, id: UUID, schedule: Schedule, change: Change, catalogue: Catalogue
    ) -> int:
        notes = await handoffs.waiting_notes(session, id)
        recap = Recap(
            schedule=schedule.name,
            at=change.at,
            time_zone=schedule.time_zone,
            leaving=change.leaving,
            coming=change.coming,
            incidents=tuple(await handoffs.incidents_of(session, id, schedule.team, change.at)),
            notes=tuple((note.author, note.text) for note in notes),
        )
        text = recap_text(recap)
        handoff = await handoffs.keep(session, id, recap, text, [note.id for note in notes])
        if handoff is None:
            return 0
        told = 0
        for email in dict.fromkeys([*change.coming, *change.leaving]):
            if not _is_active(catalogue, email):
                continue
            side = "You are on call now" if email in change.coming else "You have handed over"
            notice = Notice(
                key=notice_key("handoff", handoff, email),
                kind="handoff",
                recipient=email,
                text=f"{side}. Please acknowledge.\n\n{text}",
                links=(Link(href=f"{self._base_url}/schedules/{id}", text=schedule.name),),
            )
            told += await tell(session, notice)
        return told

    def _reminder(self, id: UUID, schedule: str, start: Start, catalogue: Catalogue) -> Notice:
        when = period_text(start.start, start.end, catalogue.time_zone_of(start.user))
        return Notice(
            key=notice_key("on-call-soon", id, start.level, f"{start.start:%Y-%m-%dT%H:%M:%SZ}", start.user),
            kind="on_call_soon",
            recipient=start.user,
            text=f"You go on call for {schedule} (level {start.level}) {when}.",
            links=(Link(href=f"{self._base_url}/schedules/{id}", text=schedule),),
        )


def _starting(catalogue: Catalogue, at: datetime) -> list[tuple[Schedule, Start]]:
    return [(schedule, start) for schedule in catalogue.schedules for start in starting(schedule, at, at + SOON)]


def _is_active(catalogue: Catalogue, email: str) -> bool:
    user = catalogue.user_named.get(email)
    return user is not None and user.is_active
