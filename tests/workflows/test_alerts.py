"""Repeated alerts reach the workflow as batches; a worse one raises the incident."""

import pytest

from domain.alert import AlertBatch
from domain.policy import WorkingHours
from domain.severity import Severity
from tests.support.house import House, Told
from tests.support.providers import Trouble, troubled
from tests.support.values import LADDER, NOON, an_alert
from tests.support.waiting import eventually


def batch(count: int, highest: Severity = Severity.SEV1_CRITICAL) -> AlertBatch:
    return AlertBatch(alert_count=count, sources=("grafana",), highest=highest, latest_title="worse", at=NOON)


async def test_a_batch_counts_once_however_often_it_is_delivered(product: House) -> None:
    incident = await product.report()
    for count in (2, 2, 5, 3):
        await incident.handle.signal("alerts", batch(count))
    await incident.until_type("ALERT_RECEIVED", 2)
    assert await incident.texts("ALERT_RECEIVED") == [
        "Alert received again from grafana (2 in all)",
        "Alert received 3 times from grafana (5 in all)",
    ]
    assert (await incident.state()).alert_count == 5


async def test_repeats_reach_the_timeline_through_the_outbox(product: House) -> None:
    alert = an_alert()
    incident = await product.report(alert)
    for _ in range(3):
        assert (await product.report(alert)).id == incident.id

    async def counted() -> bool:
        events = [event.data["count"] for event in await product.events(incident.id) if event.type == "ALERT_RECEIVED"]
        return bool(sum(events) == 3)

    await eventually(counted)
    assert (await incident.row())["alert_count"] == 4


@pytest.mark.parametrize("before", [Severity.SEV4_LOW, Severity.SEV3_MEDIUM])
async def test_a_worse_alert_raises_the_severity_and_begins_a_new_plan(product: House, before: Severity) -> None:
    alert = an_alert(severity=before)
    incident = await product.report(alert)
    await incident.until_finished()
    await product.report(alert.model_copy(update={"severity": Severity.SEV1_CRITICAL}))
    await incident.until_step("p2.created", pages=3)
    await incident.until_step("p2.r1.s1")
    await incident.until_finished(count=2)
    row = await incident.row()
    assert (row["severity"], row["ladder_generation"]) == ("SEV1_CRITICAL", 2)
    assert row["war_room_id"]
    assert "SEVERITY_CHANGED" in await incident.types()


async def test_finished_is_said_after_the_new_broadcast(product: House) -> None:
    alert = an_alert(severity=Severity.SEV4_LOW)
    incident = await product.report(alert)
    await incident.until_finished()
    await product.report(alert.model_copy(update={"severity": Severity.SEV3_MEDIUM}))
    await incident.until_finished(count=2)
    types = await incident.types()
    assert types.index("ALERT_SENT") < len(types) - 1 - types[::-1].index("ORCHESTRATION_FINISHED")


async def test_a_severity_that_rises_in_good_hands_opens_the_room_and_pages_nobody(product: House) -> None:
    """Of a policy by which the lower severity has paged somebody already."""
    climbs = LADDER.model_copy(update={"working_hours": WorkingHours(severities=(Severity.SEV3_MEDIUM,))})
    alert = an_alert(severity=Severity.SEV3_MEDIUM, service_name=await product.make_service(climbs))
    incident = await product.report(alert)
    await incident.until_finished()
    await incident.until_step("p1.r1.s1")
    await incident.give("acknowledge")
    assert (await incident.row())["war_room_id"] is None
    await product.report(alert.model_copy(update={"severity": Severity.SEV1_CRITICAL}))
    await incident.until_finished(count=2)
    assert (await incident.row())["war_room_id"]
    assert await incident.steps() == ["p1.created", "p1.r1.s1"]


async def test_a_worse_alert_that_comes_before_the_workflow_has_started_is_not_lost(house: House) -> None:
    alert = an_alert(severity=Severity.SEV4_LOW)
    admitted = await house.admit(alert)
    await house.admit(alert.model_copy(update={"severity": Severity.SEV1_CRITICAL}))
    async with house.working():
        incident = await house.report(alert)
        assert incident.id == admitted.incident["id"]
        await incident.until_type("SEVERITY_CHANGED")
        await incident.until_type("ALERT_RECEIVED")
        await eventually(lambda: _paged(incident))


async def _paged(incident: Told) -> bool:
    """By whichever generation: the worse alert may come before the first message or after it."""
    return any(step.endswith(".r1.s1") for step in await incident.steps())


async def test_what_is_wanted_while_the_first_message_is_on_its_way_is_made(house: House) -> None:
    """Found by a reviewer: a room that was wanted while the broadcast was awaited was never opened."""
    slack = Trouble("hangs")
    async with house.working(troubled(house.sessions, slack=slack)):
        incident = await house.report(severity=Severity.SEV3_MEDIUM, fingerprint="rising")
        await incident.until_type("DOCUMENT_CREATED")
        await eventually(lambda: slack.calls["#sre-core"])
        await house.report(severity=Severity.SEV1_CRITICAL, fingerprint="rising")
        await incident.until_type("SEVERITY_CHANGED")
        slack.mend()
        await incident.until_finished()
        assert (await incident.row())["war_room_id"] is not None
