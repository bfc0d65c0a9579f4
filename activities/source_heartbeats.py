"""Looks for the pings of sources, and reports those that stay away and those that return."""

from collections.abc import Awaitable, Callable
from typing import Any

from temporalio import activity

from activities.contracts import HeartbeatContract, HeartbeatReport, WhoseHeartbeat
from db import source_heartbeats
from db.engine import Sessions
from db.source_heartbeats import Kept
from domain.catalogue import UNKNOWN_SERVICE
from domain.intake.heartbeat import Switch, missing, reporting, returned
from domain.intake.signal import Signal
from domain.intake.source import Source

Report = Callable[[list[Signal], Source], Awaitable[Any]]
"""The way of every signal of a source; it returns when the signals are kept."""


class HeartbeatActivities(HeartbeatContract):
    """Reports first and marks after: an attempt that died between the two reports again, and the signal's
    fingerprint makes it the same alert.
    """

    def __init__(self, sessions: Sessions, report: Report) -> None:
        self._sessions = sessions
        self._report = report

    @activity.defn(name="look_for_ping")
    async def look_for_ping(self, whose: WhoseHeartbeat) -> Switch | None:
        """The switch with the latest ping that is kept; None when it is no longer armed."""
        kept = await self._find(whose)
        return kept.switch if kept else None

    @activity.defn(name="report_heartbeat")
    async def report_heartbeat(self, report: HeartbeatReport) -> Switch | None:
        """Report what has changed at that instant: ran out, or returned; nothing when it is reported already."""
        kept = await self._find(report)
        if kept is None or kept.switch is None:
            return None
        switch, source = kept.switch, reporting(kept.source)
        is_overdue = switch.is_overdue(report.at)
        if is_overdue and switch.missing_since is None:
            await self._report([missing(switch, source, report.at, UNKNOWN_SERVICE)], source)
            async with self._sessions.begin() as session:
                await source_heartbeats.mark_missing(session, switch)
        elif not is_overdue and switch.missing_since is not None:
            note = f"Pings have returned: the last one came at {switch.last_ping_at:%Y-%m-%d %H:%M:%S} UTC"
            await self._report([returned(source, note)], source)
            async with self._sessions.begin() as session:
                await source_heartbeats.mark_returned(session, switch.source_id)
        return await self.look_for_ping(report)

    @activity.defn(name="disarm_heartbeat")
    async def disarm_heartbeat(self, whose: WhoseHeartbeat) -> None:
        """The heartbeat was taken away: what it reported is over, and its pings are forgotten."""
        kept = await self._find(whose)
        if kept is None or kept.switch is not None:
            return
        if kept.missing_since is not None:
            source = reporting(kept.source)
            await self._report([returned(source, "The heartbeat was taken away from the source")], source)
        async with self._sessions.begin() as session:
            await source_heartbeats.disarm(session, whose.source_id)

    async def _find(self, whose: WhoseHeartbeat) -> Kept | None:
        async with self._sessions() as session:
            return await source_heartbeats.find(session, whose.source_id)
