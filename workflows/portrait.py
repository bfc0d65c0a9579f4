"""What the Temporal Web UI shows of an incident: current details and search attributes."""

from datetime import datetime

from temporalio import workflow

from workflows import search_attributes
from workflows.ladder import Ladder
from workflows.state import IncidentState

with workflow.unsafe.imports_passed_through():
    from domain import texts
    from domain.climb import PlannedStep
    from domain.incident import Incident, Status


class Portrait:
    """Paints the incident anew whenever something that can be seen has changed."""

    def __init__(self, state: IncidentState, ladder: Ladder) -> None:
        self._state = state
        self._ladder = ladder
        self._painted: tuple[object, ...] = ()
        self._attributes: tuple[str, str] | None = None
        self._team = state.incident.team

    async def run(self) -> None:
        """Follow the incident, for ever."""
        while True:
            self._paint()
            await workflow.wait_condition(lambda: self._features() != self._painted)

    def _paint(self) -> None:
        self._painted = self._features()
        workflow.set_current_details(current_details(self._state, self._ladder.upcoming(), workflow.now()))
        incident = self._state.incident
        attributes = (incident.status.value, incident.severity.value)
        if attributes != self._attributes:
            self._attributes = attributes
            workflow.upsert_search_attributes(
                [
                    search_attributes.STATUS.value_set(incident.status.value),
                    search_attributes.SEVERITY.value_set(incident.severity.value),
                ]
            )
        if incident.team != self._team:
            self._team = incident.team
            workflow.upsert_search_attributes([search_attributes.TEAM.value_set(incident.team)])

    def _features(self) -> tuple[object, ...]:
        state = self._state
        fired = state.climb.fired if state.climb else ()
        failed = (state.document_failed, state.war_room_failed)
        generation = state.climb.generation if state.climb else 0
        return state.incident, fired, failed, state.alert_count, len(state.told), generation, state.policy.name


def current_details(state: IncidentState, upcoming: list[PlannedStep], now: datetime) -> str:
    """Markdown: where the incident stands, who was told, what comes next."""
    incident = state.incident
    lines = [
        f"**{incident.status}** · {incident.severity} · {incident.service} · {incident.team}"
        + (f" · DRILL ×{incident.scale:g}" if incident.time_scale else ""),
        "",
        f"[{incident.short_id}: {incident.title}]({incident.url})",
        "",
        *_people(incident),
        *_response(state),
        f"- Told so far: {_told(state)}",
        f"- Next: {_next(incident, upcoming)}",
        f"- Document: {incident.lid_link or ('failed' if state.document_failed else 'not yet')}",
    ]
    if incident.needs_war_room:
        lines.append(f"- War room: {incident.war_room_link or ('failed' if state.war_room_failed else 'not yet')}")
    if state.pending_clear is not None and incident.is_open:
        at = state.pending_clear.resolve_at
        lines.append(f"- Back to normal: resolves at {at:%H:%M:%S} UTC unless an alert fires again")
    lines.append(f"- As of {now:%Y-%m-%d %H:%M:%S} UTC, {state.alert_count} alerts")
    return "\n".join(lines)


def _people(incident: Incident) -> list[str]:
    said = (
        ("Acknowledged", incident.acknowledged_by, incident.acknowledged_at),
        ("Resolved", incident.resolved_by, incident.resolved_at),
    )
    return [f"- {word} by {who} at {at:%H:%M:%S} UTC" for word, who, at in said if who and at]


def _response(state: IncidentState) -> list[str]:
    """What responders have made of it."""
    incident, needed = state.incident, state.policy.acknowledgements
    lines = [f"- {role}: {who}" for role, who in incident.roles.items()]
    if incident.responders:
        lines.append("- Asked to join: " + ", ".join(f"{who} ({said})" for who, said in incident.responders.items()))
    if needed > 1 and incident.status is Status.TRIGGERED:
        by = f" by {', '.join(incident.acknowledgements)}" if incident.acknowledgements else ""
        lines.append(f"- Acknowledged {len(incident.acknowledgements)} of {needed} times{by}")
    if incident.snoozed_until and incident.is_open:
        lines.append(f"- Snoozed until {incident.snoozed_until:%Y-%m-%d %H:%M:%S} UTC")
    return lines


def _told(state: IncidentState) -> str:
    return ", ".join(f"{texts.shown(who)} ({channel})" for who, channel in state.told.items()) or "nobody"


def _next(incident: Incident, upcoming: list[PlannedStep]) -> str:
    if not upcoming and incident.status is not Status.TRIGGERED:
        return f"nothing by itself: somebody has it in hand ({incident.lead or 'no lead'})"
    if not upcoming:
        return "no step is left"
    step = upcoming[0]
    whom = ", ".join(f"{d.channel} to {texts.shown(d.recipient)}" for d in step.deliveries)
    return f"{step.step} at {step.at:%H:%M:%S} UTC: {whom or step.detail or step.action or 'nobody (skipped)'}"
