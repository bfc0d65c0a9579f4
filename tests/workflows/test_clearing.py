"""Back to normal: resolved at once, after a while, or proposed; an alert that fires again undoes it."""

import asyncio
from datetime import datetime, timedelta

import pytest

from db.models import new_id
from db.outbox import NOW, put_command
from domain.commands import Clear
from tests.support.hours import skipping
from tests.support.house import House, Told
from tests.support.values import an_alert
from tests.support.waiting import WAIT_SECONDS, eventually

MINUTE = timedelta(minutes=1)


async def clear(incident: Told, *, auto: bool = True, delay: timedelta = timedelta(0), ago: float = 0) -> datetime:
    """Intake says that the last alert went back to normal, so many seconds ago; when that was."""
    house = incident.house
    async with house.sessions.begin() as session:
        as_of: datetime = (await session.execute(NOW)).scalar_one() - timedelta(seconds=ago)
        command = Clear(
            id=str(new_id()), actor="grafana", via="alerts", as_of=as_of, auto=auto, delay_seconds=delay.total_seconds()
        )
        await put_command(session, incident.id, 1, command.model_dump(mode="json"))
    await house.delivery.drain(incident.id)
    return as_of


async def until_status(incident: Told, status: str) -> None:
    async def there() -> bool:
        return bool((await incident.row())["status"] == status)

    await eventually(there, what=status)


async def until_cleared(incident: Told, as_of: datetime | None) -> None:
    async def there() -> bool:
        return bool((await incident.row())["cleared_at"] == as_of)

    await eventually(there, what=f"cleared_at {as_of}")


async def until_handed_over(incident: Told) -> None:
    async def empty() -> bool:
        return not await incident.house.outbox(incident.id)

    await eventually(empty)


async def fire_again(incident: Told, fingerprint: str, **changes: object) -> None:
    again = await incident.house.report(an_alert(fingerprint=fingerprint, **changes))
    assert again.id == incident.id


@pytest.mark.parametrize("before", [(), ("acknowledge",), ("acknowledge", "mitigate")])
async def test_it_resolves_at_once_by_its_source_and_tells_those_who_were_told(
    product: House, before: tuple[str, ...]
) -> None:
    incident = await product.report()
    await incident.until_step("p1.r1.s1")
    for kind in before:
        await incident.give(kind)
    as_of = await clear(incident)
    await until_status(incident, "RESOLVED")
    row = await incident.row()
    assert (row["resolved_by"], row["resolution_note"], row["cleared_at"]) == ("grafana", "back to normal", as_of)
    assert (row["acknowledged_by"] is None) == (not before)
    await incident.until_step("resolved")


async def test_after_a_while_unless_somebody_resolves_it_first(house: House) -> None:
    async with skipping(house) as (moved, clock):
        quiet, taken = await moved.report(), await moved.report()
        for incident in (quiet, taken):
            as_of = await clear(incident, delay=10 * MINUTE)
            await until_cleared(incident, as_of)
        await quiet.give("acknowledge")
        await taken.give("resolve", resolution_note="restarted")
        assert (await quiet.texts("NOTE"))[0].startswith("Back to normal; resolves at ")
        await clock.forward(quiet, 9 * MINUTE)
        await quiet.give("comment", text="nine minutes later")
        assert (await quiet.row())["status"] == "ACKNOWLEDGED"
        await clock.forward(quiet, 2 * MINUTE)
        await until_status(quiet, "RESOLVED")
        row = await quiet.row()
        assert (row["acknowledged_by"], row["resolved_by"]) == ("ana@example.com", "grafana")
        await clock.forward(taken, 11 * MINUTE)
        assert (await taken.texts("STATUS_CHANGE"))[-1] == "Resolved by ana@example.com: restarted"


async def test_what_waits_can_be_read_in_the_web_ui(product: House) -> None:
    incident = await product.report()
    await until_cleared(incident, await clear(incident, delay=10 * MINUTE))
    summaries = [
        event.user_metadata.summary.data.decode()
        for event in (await incident.handle.fetch_history()).events
        if event.HasField("timer_started_event_attributes")
    ]
    assert any("Back to normal: resolves at" in summary for summary in summaries)
    details = await incident.handle.query("__temporal_workflow_metadata")
    assert "Back to normal: resolves at" in str(details)


async def test_an_alert_that_fires_again_calls_it_off(house: House) -> None:
    async with skipping(house) as (moved, clock):
        incident = await moved.report(fingerprint="flaps")
        await until_cleared(incident, await clear(incident, delay=10 * MINUTE))
        await fire_again(incident, "flaps")
        await until_cleared(incident, None)
        await clock.forward(incident, 20 * MINUTE)
        await incident.give("comment", text="twenty minutes later")
        assert (await incident.row())["status"] == "TRIGGERED"
        assert "not resolved by itself" in (await incident.texts("NOTE"))[1]
        await until_cleared(incident, await clear(incident, delay=10 * MINUTE))  # and the next one counts again
        await clock.forward(incident, 11 * MINUTE)
        await until_status(incident, "RESOLVED")


async def test_where_it_may_not_resolve_it_proposes(product: House) -> None:
    incident = await product.report(fingerprint="asks")
    await until_cleared(incident, await clear(incident, auto=False, delay=MINUTE))
    (event,) = [event for event in await product.events(incident.id) if event.type == "NOTE"]
    assert event.message == f"INC-{incident.number} is back to normal: resolve it?"
    assert (event.actor, event.data["proposal"]) == ("grafana", "resolve")
    await fire_again(incident, "asks")
    await until_cleared(incident, None)
    assert (await incident.state()).pending_clear is None
    assert (await incident.row())["status"] == "TRIGGERED"


async def test_a_clear_that_an_alert_has_overtaken_changes_nothing(product: House) -> None:
    incident = await product.report(fingerprint="overtakes")
    await fire_again(incident, "overtakes")
    await incident.until_type("ALERT_RECEIVED")
    await clear(incident, ago=3600)
    await until_handed_over(incident)
    await incident.give("comment", text="heard")
    row = await incident.row()
    assert (row["status"], row["cleared_at"], await incident.texts("NOTE")) == ("TRIGGERED", None, ["heard"])


async def test_it_is_no_news_of_an_incident_that_is_resolved(product: House) -> None:
    for archived in (False, True):
        incident = await product.report(time_scale=3600.0 if archived else None)
        await incident.until_finished()
        await incident.give("resolve")
        if archived:
            await asyncio.wait_for(incident.handle.result(), WAIT_SECONDS)
        before = await incident.texts("NOTE"), await incident.texts("STATUS_CHANGE")
        await clear(incident)
        await until_handed_over(incident)
        await incident.give("comment", text="heard")
        assert await incident.texts("NOTE") == [*before[0], "heard"]
        assert await incident.texts("STATUS_CHANGE") == before[1]
        assert (await incident.row())["cleared_at"] is None


async def test_it_waits_on_through_continue_as_new_in_drill_time(house: House) -> None:
    async with skipping(house) as (moved, clock):
        incident = await moved.report_short(4, time_scale=600.0)
        first = (await incident.handle.describe()).run_id
        await until_cleared(incident, await clear(incident, delay=6000 * MINUTE))  # ten minutes
        for number in range(3):
            await incident.give("comment", text=f"note {number}")

        async def continued() -> bool:
            return (await incident.handle.describe()).run_id != first

        await eventually(continued)
        assert (await incident.state()).pending_clear is not None
        await clock.forward(incident, 11 * MINUTE)
        await until_status(incident, "RESOLVED")
        row = await incident.row()
        assert row["resolved_by"] == "grafana"
        assert 10 * MINUTE <= row["resolved_at"] - row["cleared_at"] < 12 * MINUTE


async def test_a_workflow_that_is_made_anew_from_its_row_waits_on(product: House) -> None:
    incident = await product.report(fingerprint="anew")
    await until_cleared(incident, await clear(incident, delay=10 * MINUTE))
    waiting = (await incident.state()).pending_clear
    anew = (await product.initial_state(incident.id)).pending_clear
    assert waiting is not None and anew is not None
    assert (anew.resolve_at, anew.command.as_of) == (waiting.resolve_at, waiting.command.as_of)
    assert anew.command.actor == "grafana"
    await until_cleared(incident, await clear(incident, auto=False))
    state = await product.initial_state(incident.id)
    assert state.pending_clear is None and state.incident.cleared_at is not None
    await fire_again(incident, "anew")
    await until_cleared(incident, None)
    assert (await product.initial_state(incident.id)).pending_clear is None
