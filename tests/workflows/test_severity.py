"""Another severity of an open incident: whom it pages, by which policy, and of what is in somebody's hand already."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from db.models import Policy as PolicyRow
from db.models import Service, new_id
from domain.policy import Manager, Persist, Policy, Step, WorkingHours
from domain.severity import Severity
from gateway.naming import policy_for_severity
from gateway.plans import plan_ahead
from tests.support.house import House, Told
from tests.support.policies import HOUR, SLOW, SMS
from tests.support.values import an_alert
from tests.support.waiting import eventually

URGENT = Policy(name="urgent", steps=(Step(after_seconds=0, targets=(Manager(channel=SMS),)),), max_rounds=1)
SEV1, SEV2, SEV3, _ = Severity


async def held(product: House, kind: str, severity: Severity, policy: Policy = SLOW, **changes: Any) -> Told:
    """An incident that somebody has in hand, or has put off."""
    service = changes.pop("service_name", None) or await product.make_service(policy)
    incident = await product.report(service_name=service, severity=severity, fingerprint=service, **changes)
    await incident.until_step("p1.r1.s1" if severity.climbs else "p1.created")
    if kind == "snooze":
        await incident.give("snooze", until=(datetime.now(UTC) + timedelta(hours=1)).isoformat())
        return incident
    await incident.give("acknowledge")
    if kind == "mitigate":
        await incident.give("mitigate")
    return incident


async def raised(product: House, incident: Told, by: str) -> None:
    """To SEV1, by a person or a worse alert."""
    if by == "amend":
        await incident.give("amend", severity=SEV1)
    else:
        row = await incident.row()
        await product.report(an_alert(service_name=row["service"], severity=SEV1, fingerprint=row["service"]))
    await incident.until_type("SEVERITY_CHANGED")


@pytest.mark.parametrize("by", ["amend", "alert"])
@pytest.mark.parametrize("kind", ["snooze", "acknowledge", "mitigate"])
async def test_what_paged_nobody_and_is_held_pages_when_it_must(product: House, kind: str, by: str) -> None:
    incident = await held(product, kind, SEV3)
    await raised(product, incident, by)
    await incident.until_step("p2.r1.s1")
    row = await incident.row()
    assert (row["status"], row["snoozed_until"], row["acknowledged_by"]) == ("TRIGGERED", None, None)
    assert (row["first_acknowledged_at"] is None) == (kind == "snooze"), "the KPIs count from it"
    again = f"INC-{incident.number} is TRIGGERED again: it was SEV3_MEDIUM when that was said, and is SEV1_CRITICAL now"
    assert any(text.endswith(again) for text in await incident.texts())
    assert any(text.startswith("The snooze until") for text in await incident.texts()) == (kind == "snooze")


@pytest.mark.parametrize("by", ["amend", "alert"])
@pytest.mark.parametrize("kind", ["snooze", "acknowledge", "mitigate"])
async def test_what_has_paged_and_is_held_stays_so_and_the_timeline_says_why(
    product: House, kind: str, by: str
) -> None:
    incident = await held(product, kind, SEV2)
    before = await incident.row()
    await raised(product, incident, by)
    why = "it is snoozed until" if kind == "snooze" else "ana@example.com has it in hand"
    (said,) = [text for text in await incident.texts("NOTE") if text.startswith("Nobody is paged because of that: ")]
    assert why in said
    row = await incident.row()
    same = ("status", "snoozed_until", "acknowledged_by", "ladder_generation")
    assert [row[name] for name in same] == [before[name] for name in same]
    assert row["severity"] == SEV1


@pytest.mark.parametrize("by", ["amend", "alert"])
async def test_whoever_put_off_what_was_not_urgent_did_not_put_off_what_is(product: House, by: str) -> None:
    always = WorkingHours(severities=(SEV3,))
    service = await product.make_service(SLOW.model_copy(update={"working_hours": always}))
    incident = await product.report(service_name=service, severity=SEV3, fingerprint=service)
    await incident.until_step("p1.r1.s1")
    await incident.give("snooze", until=(datetime.now(UTC) + timedelta(days=3)).isoformat())
    await raised(product, incident, by)
    await incident.until_step("p2.r1.s1")
    row = await incident.row()
    assert (row["status"], row["snoozed_until"]) == ("TRIGGERED", None)


async def test_a_persist_deadline_that_was_told_is_not_told_again(product: House) -> None:
    """A second is told of later: when it has come, the first would have come again."""
    both = tuple(Persist(after_seconds=n * HOUR, targets=(Manager(channel=SMS),)) for n in (1, 4))
    policy = SLOW.model_copy(update={"persist": both})
    incident = await held(product, "acknowledge", SEV2, policy, time_scale=1800.0)
    await incident.until_step("p1.persist1")
    await incident.give("amend", severity=SEV1)

    async def second() -> bool:
        return any(step.endswith(".persist2") for step in await incident.steps())

    await eventually(second)
    assert [step for step in await incident.steps() if "persist" in step] == ["p1.persist1", "p1.persist2"]


@pytest.fixture
async def by_severity(product: House) -> str:
    """A service whose critical incidents escalate by a policy of their own."""
    service = await product.make_service(SLOW)
    urgent = f"urgent {service}"
    async with product.sessions.begin() as session:
        session.add(PolicyRow(id=new_id(), name=urgent, definition=URGENT.model_dump(mode="json")))
        await session.execute(update(Service).where(Service.name == service).values(policies={SEV1.value: urgent}))
    return service


async def policy_of(product: House, incident: Told, severity: Severity) -> dict[str, Any] | None:
    """What whoever amends the severity sends along."""
    async with product.sessions() as session:
        row = await incident.row()
        policy = await policy_for_severity(session, product.catalogue, product.settings, row, severity)
    return policy.model_dump(mode="json") if policy else None


@pytest.mark.parametrize("before", [SEV3, SEV2])
async def test_a_worse_alert_brings_the_policy_of_its_severity(
    product: House, by_severity: str, before: Severity
) -> None:
    alert = an_alert(service_name=by_severity, severity=before)
    incident = await product.report(alert)
    await incident.until_step("p1.created")
    await product.report(alert.model_copy(update={"severity": SEV1}))
    await incident.until_step("p2.r1.s1")
    assert [who for step, who, _ in await incident.pages() if step == "p2.r1.s1"] == ["dee@example.com"]
    await incident.until_type("SEVERITY_CHANGED")  # written with the policy, beside the page
    assert (await incident.row())["policy"]["name"].startswith("urgent")


async def test_the_policy_goes_with_the_severity_up_and_down(product: House, by_severity: str) -> None:
    incident = await product.report(service_name=by_severity, severity=SEV2, time_scale=1.0)
    await incident.until_step("p1.r1.s1")
    await incident.give("acknowledge")
    assert await policy_of(product, incident, SEV3) is None, "it is the same for both"
    await incident.give("amend", severity=SEV1, policy=await policy_of(product, incident, SEV1))
    assert (await incident.row())["policy"]["name"].startswith("urgent"), "though somebody has it in hand"
    await incident.give("unacknowledge")
    await incident.until_step("p2.r1.s1")
    await incident.give("amend", severity=SEV2, policy=await policy_of(product, incident, SEV2))
    await incident.until_step("p3.r1.s1")
    assert [who for step, who, _ in await incident.pages() if step == "p3.r1.s1"] == ["ana@example.com"]
    ahead = plan_ahead(await product.point(incident.id), product.settings)
    assert [step.step for step in ahead] == ["p3.r1.s2"]


async def test_acknowledgements_count_no_more_when_other_steps_begin(product: House, by_severity: str) -> None:
    async with product.sessions.begin() as session:
        two = SLOW.model_copy(update={"acknowledgements": 2}).model_dump(mode="json")
        await session.execute(update(PolicyRow).where(PolicyRow.name == by_severity).values(definition=two))
    incident = await product.report(service_name=by_severity, severity=SEV2)
    await incident.until_step("p1.r1.s1")
    await incident.give("acknowledge", actor="dee@example.com")
    await incident.give("amend", severity=SEV1, policy=await policy_of(product, incident, SEV1))
    await incident.until_step("p2.r1.s1")
    assert [who for step, who, _ in await incident.pages() if step == "p2.r1.s1"] == ["dee@example.com"]
    assert (await incident.row())["acknowledgements"] == []
