"""A stranger can tell from the Temporal Web UI what happened and what comes next."""

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHandle
from temporalio.converter import DataConverter

from db.models import Event
from domain.policy import Policy, Step
from domain.target import WebhookCall
from tests.support.house import House
from tests.support.providers import Trouble, troubled
from tests.support.waiting import eventually
from workflows import search_attributes


async def test_timers_and_activities_have_summaries(product: House) -> None:
    incident = await product.report()
    await incident.until_finished()
    await incident.until_step("p1.r1.s1")
    found = await summaries(incident.handle)
    assert all(found.values()), found
    texts = " | ".join(text for text in found.values() if text)
    for word in ("Record: ", "War room inc-", "Document INC-", "p1.created: slack to #sre-core", "p1.r1.s2 at "):
        assert word in texts


async def test_details_and_search_attributes_follow_the_incident(product: House) -> None:
    incident = await product.report()
    await incident.until_step("p1.r1.s1")
    described = await incident.handle.describe()
    assert await described.static_summary() == "SEV1 redis-prod: Redis does not answer"
    assert (await described.memo())["incident_id"] == str(incident.id)
    assert attributes(described) == ("TRIGGERED", "SEV1_CRITICAL", "redis-prod", "SRE Core")

    async def told() -> bool:
        return "ana@example.com (" in await current_details(incident.handle)

    await eventually(told, what="the workflow has heard of the page")
    details = await current_details(incident.handle)
    assert "**TRIGGERED**" in details and "Next: p1.r1.s2 at" in details

    await incident.give("acknowledge")

    async def acknowledged() -> bool:
        return attributes(await incident.handle.describe())[0] == "ACKNOWLEDGED"

    await eventually(acknowledged)
    details = await current_details(incident.handle)
    assert "Acknowledged by ana@example.com" in details and "Next: p1.persist1 at" in details


@pytest.mark.parametrize("mode", ["well", "refuses"])
async def test_of_the_address_of_a_webhook_people_see_the_host_alone(house: House, mode: str) -> None:
    hook = WebhookCall(url="https://hooks.example.com/services/secret")
    steps = (Step(after_seconds=0, targets=(hook,)), Step(after_seconds=3600, targets=(hook,)))
    async with house.working(troubled(house.sessions, webhook=Trouble(mode))):
        incident = await house.report(service_name=await house.make_service(Policy(name="hooked", steps=steps)))
        said = "ALERT_SENT" if mode == "well" else "FAILURE"

        async def of_the_hook() -> list[Event]:
            events = await house.events(incident.id)
            return [event for event in events if event.type == said and event.data.get("channel") == "webhook"]

        await eventually(of_the_hook)
        await incident.until_finished()
        (event,) = await of_the_hook()
        assert event.data["recipient"] == "https://hooks.example.com/…" and event.data["recipient"] in event.message
        seen = [str(text) for text in (await summaries(incident.handle)).values()]
        seen += [await current_details(incident.handle), str([event.data for event in await house.events(incident.id)])]
        seen += await incident.texts()
        assert sum("https://hooks.example.com/…" in text for text in seen) >= 4, "page, timer, details, timeline"
        assert not any("secret" in text for text in seen)
        assert {row.recipient for row in await house.ledger(incident.id) if row.channel == "webhook"} == {hook.url}


def attributes(described: object) -> tuple[str, ...]:
    typed = described.typed_search_attributes  # type: ignore[attr-defined]
    return tuple(typed[key] for key in search_attributes.ALL)


async def current_details(handle: WorkflowHandle[object, object]) -> str:
    metadata = await handle.query("__temporal_workflow_metadata")
    return str(metadata.current_details)


async def summaries(handle: WorkflowHandle[object, object]) -> dict[int, str | None]:
    """Summary of each scheduled activity and started timer, by event id."""
    wanted = (EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED, EventType.EVENT_TYPE_TIMER_STARTED)
    found: dict[int, str | None] = {}
    async for event in handle.fetch_history_events():
        if event.event_type in wanted:
            payload = event.user_metadata.summary
            found[event.event_id] = (await DataConverter.default.decode([payload]))[0] if payload.data else None
    return found
