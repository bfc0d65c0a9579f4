"""What responders do to an open incident: hand it on, put it off, make it worse or better, ask others."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from db.models import Scope, Team, new_id
from domain.channels import ChannelName
from domain.commands import Acknowledge
from domain.policy import Manager, OnCall, Persist, Policy, Step
from gateway.commands import Answer, Forbidden
from gateway.plans import plan_ahead
from tests.support.hours import skipping
from tests.support.house import House, Told
from tests.support.policies import HOUR, SLOW, SMS
from tests.support.waiting import eventually


async def status_of(incident: Told) -> str:
    return str((await incident.row())["status"])


def soon(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


async def begun(product: House, policy: Policy = SLOW, **changes: Any) -> Told:
    """An incident whose first step was told."""
    incident = await product.report(service_name=await product.make_service(policy), **changes)
    await incident.until_step("p1.r1.s1")
    return incident


async def test_taking_an_acknowledgement_back_begins_the_next_generation(product: House) -> None:
    incident = await begun(product)
    await incident.until_step("p1.created", pages=3)
    await incident.give("acknowledge")
    first = (await incident.row())["acknowledged_at"]
    assert await incident.give("unacknowledge", note="wrong button") is Answer.DONE
    row = await incident.row()
    assert (row["status"], row["acknowledged_at"], row["acknowledged_by"]) == ("TRIGGERED", None, None)
    assert row["first_acknowledged_at"] == first, "the KPIs count from it"
    await incident.until_step("p2.created", pages=3)
    await incident.until_step("p2.r1.s1")
    await incident.give("acknowledge", actor="bo@example.com")
    row = await incident.row()
    assert (row["acknowledged_by"], row["first_acknowledged_at"]) == ("bo@example.com", first)
    assert "Un-acknowledged by ana@example.com: wrong button" in await incident.texts("STATUS_CHANGE")
    assert {page.status for page in await product.ledger(incident.id)} == {"sent"}, "none was held to be called off"


async def test_what_nobody_has_acknowledged_cannot_be_taken_back(product: House) -> None:
    incident = await begun(product)
    with pytest.raises(Forbidden, match="not ACKNOWLEDGED"):
        await incident.give("unacknowledge")


async def test_a_snooze_silences_the_ladder_and_ends_with_the_next_generation(house: House) -> None:
    async with skipping(house) as (moved, clock):
        incident = await begun(moved)
        await incident.give("snooze", until=soon(2 * HOUR), note="after lunch")
        before = await incident.steps()
        assert (await incident.row())["snoozed_until"] is not None
        await clock.forward(incident, timedelta(hours=2, minutes=1))  # the second rung would have come after one
        await incident.until_step("p2.r1.s1")
        assert [step for step in await incident.steps() if step.startswith("p1.")] == before
        row = await incident.row()
        assert (row["snoozed_until"], row["status"]) == (None, "TRIGGERED")
        ended = next(text for text in await incident.texts("NOTE") if text.startswith("The snooze until"))
        assert ended.endswith(f"INC-{incident.number} is still open")


async def test_an_acknowledged_incident_is_triggered_again_when_its_snooze_ends(house: House) -> None:
    async with skipping(house) as (moved, clock):
        incident = await begun(moved)
        await incident.give("acknowledge")
        await incident.give("snooze", until=soon(2 * HOUR))
        await incident.give("snooze", until=soon(HOUR))  # who snoozes again moves it
        await clock.forward(incident, timedelta(hours=1, minutes=1))
        await incident.until_step("p2.r1.s1")
        assert await status_of(incident) == "TRIGGERED"


@pytest.mark.parametrize("kind", ["acknowledge", "resolve", "unacknowledge", "reassign"])
async def test_a_snooze_ends_with_whoever_takes_it_in_hand(product: House, kind: str) -> None:
    incident = await begun(product)
    await incident.give("snooze", until=soon(600))
    await incident.give(kind, **({"to": "bo@example.com"} if kind == "reassign" else {}))
    assert (await incident.row())["snoozed_until"] is None
    if kind in ("unacknowledge", "reassign"):
        await incident.until_step("p2.created")


@pytest.mark.parametrize("seconds", [-1, 400 * 86_400])
async def test_a_snooze_has_its_limits(product: House, seconds: int) -> None:
    incident = await begun(product)
    with pytest.raises(Forbidden):
        await incident.give("snooze", until=soon(seconds))


async def test_whoever_it_is_reassigned_to_is_told_first_and_then_the_rest_of_the_policy(product: House) -> None:
    incident = await begun(product, time_scale=3600.0)
    await incident.give("acknowledge")
    await incident.give("reassign", to="bo@example.com", note="your code")
    row = await incident.row()
    assert (row["status"], row["lead"]) == ("TRIGGERED", "bo@example.com")
    for step in ("p2.created", "p2.created.120s", "p2.r1.s2"):
        await incident.until_step(step)
    second = [page for page in await incident.pages() if page[0].startswith("p2.")]
    own_rules = {(step, who) for step, who, _ in second if step.startswith("p2.created")}
    assert own_rules == {("p2.created", "bo@example.com"), ("p2.created.120s", "bo@example.com")}
    assert [who for step, who, _ in second if step.startswith("p2.r")] == ["dee@example.com"]
    await incident.until_text("is told first")


async def test_another_team_has_its_own_people_and_policy(product: House) -> None:
    incident = await begun(product)
    other = await product.make_service(on_call="bo@example.com", manager=None, channel="#other")
    async with product.sessions() as session:
        team = (await session.scalars(select(Team).where(Team.name == f"team of {other}"))).one()
    theirs = SLOW.model_copy(update={"name": "theirs"})
    await incident.give("reassign", to=team.name, team_id=str(team.id), policy=theirs.model_dump(mode="json"))
    await incident.until_step("p2.created", pages=3)
    await incident.until_step("p2.r1.s1")
    pages = {page[1] for page in await incident.pages() if page[0].startswith("p2.")}
    assert pages == {"bo@example.com", "#other"}
    row = await incident.row()
    assert (row["team"], row["team_id"], row["policy"]["name"]) == (team.name, team.id, "theirs")
    assert (await incident.state()).incident.team == team.name


async def test_a_team_that_is_gone_holds_nothing_up(product: House) -> None:
    incident = await begun(product)
    await incident.give("reassign", to="Ghosts", team_id=str(uuid4()))
    await incident.until_step("p2.r1.s1")
    assert (await incident.row())["team_id"] is None


async def test_severity_up_opens_the_missing_war_room_and_begins_a_generation(product: House) -> None:
    incident = await product.report(service_name=await product.make_service(SLOW), severity="SEV3_MEDIUM")
    await incident.until_finished()
    assert (await incident.row())["war_room_id"] is None
    await incident.give("amend", severity="SEV1_CRITICAL")
    await incident.until_step("p2.r1.s1")
    await incident.until_finished(count=2)
    row = await incident.row()
    assert row["war_room_id"] is not None and row["severity"] == "SEV1_CRITICAL"
    assert await incident.texts("SEVERITY_CHANGED") == [
        "Severity raised from SEV3_MEDIUM to SEV1_CRITICAL by ana@example.com"
    ]


async def test_severity_down_stops_what_is_due_by_the_higher_one_only(house: House) -> None:
    async with skipping(house) as (moved, clock):
        incident = await begun(moved)
        await incident.until_finished()  # what is being sent is let finish
        await incident.give("amend", severity="SEV4_LOW")
        pages = await incident.pages()
        assert (await incident.state()).climb is not None
        await clock.forward(incident, timedelta(hours=1, minutes=1))
        await incident.give("comment", text="an hour later")
        assert await incident.pages() == pages
        assert await status_of(incident) == "TRIGGERED"


async def test_a_scope_that_is_added_is_told_once_even_of_what_is_acknowledged(product: House) -> None:
    incident = await begun(product)
    await incident.give("acknowledge")
    for scopes in (["Security"], [], ["Security"]):
        await incident.give("amend", impacted_scopes=scopes)
    await incident.until_step("p1.scope.Security")
    told = [page for page in await incident.pages() if ".scope." in page[0]]
    assert told and all(channel == "email" for _, _, channel in told)
    assert len(set(told)) == len(told)
    assert (await incident.types()).count("SCOPE_ADDED") == 2


async def test_amending_nothing_says_nothing_and_facts_are_in_the_row(product: House) -> None:
    incident = await begun(product)
    await incident.until_finished()
    await incident.give("amend", title="Redis does not answer", severity="SEV1_CRITICAL")
    assert {"NOTE", "SEVERITY_CHANGED"}.isdisjoint(await incident.types())
    await incident.give("amend", title="Redis is slow", labels={"env": "prod"}, lead="cy@example.com", description="x")
    row = await incident.row()
    assert (row["title"], row["labels"], row["lead"], row["description"]) == (
        "Redis is slow", {"env": "prod"}, "cy@example.com", "x",
    )  # fmt: skip


async def test_people_are_asked_to_join_and_no_acknowledgement_calls_it_off(product: House) -> None:
    incident = await begun(product)
    await incident.give("acknowledge")
    await incident.give("page_people", people=["bo@example.com", "cy@example.com"], note="database")
    await incident.until_step("page1", pages=2)
    assert {page[1] for page in await incident.pages() if page[0] == "page1"} == {"bo@example.com", "cy@example.com"}
    await incident.give("answer_call", accepted=True, actor="bo@example.com")
    await incident.give("answer_call", accepted=False, actor="cy@example.com", note="on a train")
    assert (await incident.row())["responders"] == {"bo@example.com": "accepted", "cy@example.com": "declined"}
    with pytest.raises(Forbidden, match="not asked"):
        await incident.give("answer_call", accepted=True, actor="fay@example.com")
    await incident.give("page_people", people=["bo@example.com", "cy@example.com"])
    await incident.until_step("page2")
    assert [page[1] for page in await incident.pages() if page[0] == "page2"] == ["cy@example.com"]
    texts = await incident.texts("NOTE")
    assert "cy@example.com declined to join: on a train" in texts and "bo@example.com joins" in texts


async def test_roles_are_given_and_taken(product: House) -> None:
    incident = await begun(product)
    await incident.give("give_role", role="incident commander", person="bo@example.com")
    assert (await incident.row())["roles"] == {"incident commander": "bo@example.com"}
    await incident.give("give_role", role="incident commander", person=None)
    assert (await incident.row())["roles"] == {}


async def test_a_changed_policy_is_used_when_somebody_wants_that(product: House) -> None:
    incident = await begun(product)
    other = Policy(name="slow", steps=(Step(after_seconds=0, targets=(Manager(channel=SMS),)),), max_rounds=1)
    await incident.give("use_policy", policy=other.model_dump(mode="json"))
    await incident.until_step("p2.r1.s1")
    assert [page[1] for page in await incident.pages() if page[0] == "p2.r1.s1"] == ["dee@example.com"]
    assert (await incident.row())["policy"]["steps"][0]["targets"][0]["kind"] == "manager"


async def test_a_policy_with_the_same_steps_pages_nobody_again(product: House) -> None:
    incident = await begun(product)
    other = SLOW.model_copy(update={"description": "a word mended", "max_rounds": 2})
    await incident.give("use_policy", policy=other.model_dump(mode="json"))
    assert (await incident.row())["policy"]["max_rounds"] == 2
    ahead = [step.step for step in plan_ahead(await product.point(incident.id), product.settings)]
    assert ahead == ["p1.r1.s2", "p1.r2.s2"]
    assert {step[:3] for step in await incident.steps()} == {"p1."}


async def test_a_changed_policy_is_kept_for_an_incident_in_hand(product: House) -> None:
    incident = await begun(product)
    await incident.give("acknowledge")
    other = SLOW.model_copy(update={"steps": SLOW.steps[:1], "description": "shorter"})
    await incident.give("use_policy", policy=other.model_dump(mode="json"))
    assert (await incident.row())["policy"]["description"] == "shorter"
    assert (await incident.state()).policy.description == "shorter"


async def test_two_must_acknowledge_and_the_first_is_not_paged_again(house: House) -> None:
    policy = SLOW.model_copy(
        update={
            "acknowledgements": 2,
            "steps": (
                *SLOW.steps,
                Step(after_seconds=2 * HOUR, targets=(OnCall(channel=SMS), Manager(channel=SMS))),
            ),
        }
    )
    async with skipping(house) as (moved, clock):
        incident = await begun(moved, policy)
        await incident.give("acknowledge")
        await incident.give("acknowledge")
        assert await status_of(incident) == "TRIGGERED"
        assert (await incident.row())["acknowledgements"] == ["ana@example.com"]
        await clock.forward(incident, timedelta(hours=2, minutes=1))
        await incident.until_step("p1.r1.s3")
        assert [page[1] for page in await incident.pages() if page[0] == "p1.r1.s3"] == ["dee@example.com"]
        await incident.give("acknowledge", actor="dee@example.com")
        row = await incident.row()
        assert (row["status"], row["acknowledged_by"]) == ("ACKNOWLEDGED", "dee@example.com")
        said = [text for text in await incident.texts() if text.startswith("Acknowledged")]
        assert said == ["Acknowledged by ana@example.com (1 of 2)", "Acknowledged by dee@example.com (2 of 2)"]


async def test_of_fewer_who_must_acknowledge_enough_have(product: House) -> None:
    policy = SLOW.model_copy(update={"acknowledgements": 3})
    incident = await begun(product, policy)
    for who in ("ana@example.com", "bo@example.com"):
        await incident.give("acknowledge", actor=who)
    fewer = policy.model_copy(update={"acknowledgements": 1}).model_dump(mode="json")
    await incident.give("use_policy", policy=fewer)
    row = await incident.row()
    assert (row["status"], row["acknowledged_by"], row["ladder_generation"]) == ("ACKNOWLEDGED", "ana@example.com", 1)
    assert row["acknowledged_at"] is not None and row["policy"]["acknowledgements"] == 1
    assert [step.step for step in plan_ahead(await product.point(incident.id), product.settings)] == []


async def test_nobody_is_left_out_of_other_steps(product: House) -> None:
    policy = SLOW.model_copy(update={"acknowledgements": 2})
    incident = await begun(product, policy)
    await incident.give("acknowledge")
    other = policy.model_copy(update={"steps": policy.steps[:1]})
    await incident.give("use_policy", policy=other.model_dump(mode="json"))
    await incident.until_step("p2.r1.s1")
    assert [page[1] for page in await incident.pages() if page[0] == "p2.r1.s1"] == ["ana@example.com"]
    assert (await incident.row())["acknowledgements"] == []


async def test_a_scope_of_any_name_is_only_a_scope(product: House) -> None:
    name = f"data.persistence.r1 {uuid4().hex[:8]}"
    async with product.sessions.begin() as session:
        session.add(Scope(id=new_id(), name=name, notify_emails=["dpo@example.com"]))
    incident = await begun(product)
    await incident.give("amend", impacted_scopes=[name])
    await incident.until_step(f"p1.scope.{name}")
    assert await incident.texts("ESCALATED") == []


async def test_it_persists_after_the_acknowledgement(product: House) -> None:
    late = Persist(after_seconds=HOUR, targets=(Manager(channel=ChannelName.EMAIL),))
    incident = await begun(product, SLOW.model_copy(update={"persist": (late,)}), time_scale=600.0)
    await incident.give("acknowledge")
    await incident.until_step("p1.persist1")
    assert await status_of(incident) == "ACKNOWLEDGED"
    assert [page for page in await incident.pages() if "persist" in page[0]] == [
        ("p1.persist1", "dee@example.com", "email")
    ]


async def test_an_acknowledgement_times_out_and_the_ladder_begins_again(product: House) -> None:
    policy = SLOW.model_copy(update={"acknowledgement_timeout_seconds": HOUR})
    incident = await begun(product, policy, time_scale=1200.0)
    await incident.give("acknowledge")
    await incident.until_step("p2.r1.s1")
    assert await status_of(incident) == "TRIGGERED"
    assert f"The acknowledgement by ana@example.com timed out: INC-{incident.number} is still open" in (
        await incident.texts("STATUS_CHANGE")
    )


@pytest.mark.parametrize("over", ["acknowledgement", "snooze"])
async def test_what_was_reassigned_to_a_person_begins_again_with_them(house: House, over: str) -> None:
    policy = SLOW.model_copy(update={"acknowledgement_timeout_seconds": HOUR})
    async with skipping(house) as (moved, clock):
        incident = await begun(moved, policy)
        await incident.give("reassign", to="bo@example.com")
        await incident.until_step("p2.created")
        if over == "snooze":
            await incident.give("snooze", until=soon(HOUR / 2))
        else:
            await incident.give("acknowledge", actor="bo@example.com")
        ahead = plan_ahead(await moved.point(incident.id), moved.settings)
        assert {one.recipient for step in ahead if step.step == "p3.created" for one in step.deliveries} == {
            "bo@example.com"
        }
        await clock.forward(incident, timedelta(hours=2, minutes=1))
        await incident.until_step("p3.created")
        await incident.until_step("p3.r1.s2")
    third = {(step, who) for step, who, _ in await incident.pages() if step in ("p3.created", "p3.r1.s1", "p3.r1.s2")}
    assert third == {("p3.created", "bo@example.com"), ("p3.r1.s2", "dee@example.com")}


async def test_whoever_comes_second_without_waiting_for_an_answer_is_told_who_was_first(product: House) -> None:
    incident = await begun(product)
    await incident.give("acknowledge")
    await incident.handle.signal("acknowledge", {"actor": "bo@example.com"})
    await incident.until_type("NOTE")
    (text,) = await incident.texts("NOTE")
    assert text.startswith("bo@example.com acknowledged, too: ana@example.com had acknowledged at ")
    answer = await incident.update(Acknowledge(id="third", actor="cy@example.com"))
    assert answer.acknowledged_by == "ana@example.com" and answer.acknowledged_at is not None


async def test_continuing_as_new_keeps_what_responders_did(house: House) -> None:
    async with skipping(house) as (moved, clock):
        service = await moved.make_service(SLOW.model_copy(update={"acknowledgements": 2}))
        incident = await moved.report_short(2, service_name=service)
        await incident.until_step("p1.r1.s1")
        first = (await incident.handle.describe()).run_id
        await incident.give("page_people", people=["bo@example.com"])
        await incident.give("acknowledge")
        await incident.give("snooze", until=soon(HOUR))

        async def continued() -> bool:
            return (await incident.handle.describe()).run_id != first

        await eventually(continued)
        state = await incident.state()
        assert state.incident.responders == {"bo@example.com": "asked"}
        assert state.incident.acknowledgements == ("ana@example.com",)
        await incident.until_step("page1")
        await clock.forward(incident, timedelta(hours=1, minutes=1))
        await incident.until_step("p2.r1.s1")
        asked = {step.removesuffix(".120s") for step in await incident.steps() if step.startswith("page")}
        assert asked == {"page1"}, "bo's own rules told them again, and nobody else"
