"""An incident's row and ledger as the state with which its workflow begins, or begins again."""

import re
from datetime import datetime

from config.settings import Settings
from config.temporal import namespace
from db.starting import LedgerStep, StartingPoint
from domain.ahead import facts_of, over_by
from domain.calls import Call, page_step
from domain.channels import ChannelName, gentler
from domain.climb import RESOLVED_STEP, Climb, PlannedStep, Situation
from domain.commands import Clear
from domain.escalation import plan
from domain.incident import Incident, Orchestration, Response, Status
from domain.policy import Policy, fast
from gateway.workflows import workflow_id
from workflows.state import IncidentState, PendingClear

_PAGE_STEP = re.compile(r"page\d+")


def default_policy_name(settings: Settings) -> str:
    """The policy that the settings make the default, whichever the catalogue marks; empty when they say nothing.

    A time-out for each level makes it `fast` (REQUIREMENTS X-02). `domain.organisation.default_policy` says the rest.
    """
    return "fast" if settings.escalation_timeout_seconds else ""


def incident_url(settings: Settings, number: int) -> str:
    """The incident's page."""
    return f"{settings.base_url}/incidents/INC-{number}"


def temporal_url(settings: Settings, number: int) -> str | None:
    """The workflow's page in the Temporal Web UI, when there is one."""
    if settings.temporal_ui_url is None:
        return None
    return f"{settings.temporal_ui_url}/namespaces/{namespace()}/workflows/{workflow_id(number)}"


def initial_state(point: StartingPoint, settings: Settings) -> IncidentState:
    """The state of an incident's workflow, whether it never ran or was lost with Temporal's own storage.

    Steps on the ledger are not fired again, save the latest one: some of its deliveries may be missing, and
    those that were sent are recognised by their ids.
    """
    columns = point.columns
    return IncidentState(
        incident=incident_of(point, settings),
        service_id=columns["service_id"],
        policy=kept_policy(point, settings),
        directory=point.directory,
        directory_at=point.read_at,
        first_to=columns["ladder_first_to"],
        calls=calls_so_far(point),
        pages_made=_pages_made(point),
        scopes_told=[step.split(".scope.", 1)[1] for step in point.steps if ".scope." in step],
        alerts=list(alerts_so_far(point)),
        climb=_climb_again(point, settings),
        told=_told(point.ledger),
        orchestration=Orchestration(columns["orchestration"]),
        alert_count=point.alerts_told,
        fired_at=columns["last_alert_at"],
        pending_clear=_clear_again(point),
        revision=columns["revision"],
        link_grace_seconds=settings.link_grace_seconds,
        archive_seconds=settings.archive_seconds,
        resolution_sent=any(entry.step == RESOLVED_STEP for entry in point.ledger),
    )


def incident_of(point: StartingPoint, settings: Settings) -> Incident:
    """The incident as its workflow knows it."""
    facts = {name: value for name, value in point.columns.items() if name in Incident.model_fields}
    return Incident.model_validate(facts | {"url": incident_url(settings, facts["number"])})


def alerts_so_far(point: StartingPoint) -> tuple[tuple[datetime, int], ...]:
    """When alerts came, and how many by then, as far as the row tells."""
    row = point.row
    return ((row["created_at"], 1), (row["last_alert_at"], row["alert_count"]))


def calls_so_far(point: StartingPoint) -> list[Call]:
    """People who were asked to join and have not answered, by the step that is on the ledger for them.

    Those of whom the ledger knows nothing yet are about to be told, or were when their workflow was lost.
    """
    asked = [who for who, answer in point.row["responders"].items() if answer == Response.ASKED]
    told: dict[str, list[str]] = {}
    for entry in point.ledger:
        if _PAGE_STEP.fullmatch(entry.step) and entry.recipient in asked:
            told.setdefault(entry.step, []).append(entry.recipient)
    calls = [Call(step=step, at=point.fired_at[step], people=tuple(people)) for step, people in told.items()]
    known = {who for people in told.values() for who in people}
    waiting = tuple(who for who in asked if who not in known)
    if waiting:
        calls.append(Call(step=page_step(_pages_made(point)), at=point.read_at, people=waiting))
    return calls


def _pages_made(point: StartingPoint) -> int:
    """How many times people were asked to join: by the ledger, and once more when somebody waits to be told."""
    made = sum(1 for step in point.steps if _PAGE_STEP.fullmatch(step))
    told = {entry.recipient for entry in point.ledger if entry.step.startswith("page")}
    asked = [who for who, answer in point.row["responders"].items() if answer == Response.ASKED]
    return made + any(who not in told for who in asked)


def with_timeout(policy: Policy, settings: Settings) -> Policy:
    """The `fast` policy with the configured time-out for each level; any other as it is."""
    timeout = settings.escalation_timeout_seconds
    return fast(policy, timeout) if timeout and policy.name == "fast" else policy


def climb_so_far(point: StartingPoint, settings: Settings) -> Climb:
    """How far an incident has climbed by its ledger: rungs before the last one on it are over, too."""
    steps = _whole_plan(point, settings, _climb_of(point))
    climb = _after(point, over_by(steps, point.steps))
    return climb.model_copy(update={"fired": tuple(dict.fromkeys((*climb.fired, *point.steps)))})


def _climb_of(point: StartingPoint) -> Climb:
    row = point.row
    return Climb(
        started_at=row["ladder_started_at"] or point.read_at,
        generation=row["ladder_generation"],
        advance_seconds=row["ladder_advance_seconds"],
        time_scale=row["time_scale"] or 1.0,
        fired=tuple(point.steps),
        fired_at=point.fired_at,
        first_to=row["ladder_first_to"],
    )


def _whole_plan(point: StartingPoint, settings: Settings, climb: Climb) -> list[PlannedStep]:
    """Every step of an incident's plan, by its row and its ledger."""
    facts = facts_of(incident_of(point, settings), alerts_so_far(point))
    return plan(Situation(kept_policy(point, settings), facts, point.directory, climb))


def kept_policy(point: StartingPoint, settings: Settings) -> Policy:
    """The policy that an incident started with, else the one it will start with."""
    return point.policy if point.row["policy"] else with_timeout(point.policy, settings)


def _climb_again(point: StartingPoint, settings: Settings) -> Climb | None:
    row = point.row
    if row["ladder_started_at"] is None:
        return None
    steps = _whole_plan(point, settings, _climb_of(point))
    over = over_by(steps, point.steps)
    again = {entry.step for entry in point.ledger if entry.status == "pending"}
    if row["status"] == Status.TRIGGERED:
        # The latest one is fired again while somebody is still to be found: some of its deliveries may be missing.
        again.update(step.step for step in over[-1:])
    first = next((number for number, step in enumerate(over) if step.step in again), len(over))
    climb = _after(point, over[:first])
    return climb.model_copy(update={"fired": (*climb.fired, *_beside_the_ladder(point, steps))})


def _after(point: StartingPoint, over: list[PlannedStep]) -> Climb:
    """The climb when these steps of the plan are over."""
    return _climb_of(point).model_copy(update={"fired": ()}).after(*over)


def _beside_the_ladder(point: StartingPoint, steps: list[PlannedStep]) -> list[str]:
    """Steps on the ledger that are none of the ladder's and of which every page is settled: persisted, calls."""
    of_ladder = {step.step for step in steps}
    waiting = {entry.step for entry in point.ledger if entry.status == "pending"}
    return [step for step in point.steps if step not in of_ladder and step not in waiting]


def _clear_again(point: StartingPoint) -> PendingClear | None:
    """What would have resolved the incident after a while; a proposal is in the row, and nothing waits."""
    said = point.said_clear
    if said is None or "resolves_at" not in said.data:
        return None
    clear = Clear(
        id=f"again:{said.at.isoformat()}",
        actor=said.actor or "alerts",
        via="alerts",
        as_of=point.row["cleared_at"],
        auto=True,
    )
    return PendingClear(command=clear, resolve_at=datetime.fromisoformat(said.data["resolves_at"]))


def _told(ledger: list[LedgerStep]) -> dict[str, ChannelName]:
    told: dict[str, ChannelName] = {}
    for entry in ledger:
        if entry.status in ("sent", "delivered") and entry.step != RESOLVED_STEP:
            told[entry.recipient] = gentler(told.get(entry.recipient), ChannelName(entry.channel))
    return told
