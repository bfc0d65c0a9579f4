"""Steps that reach nobody, the limit of the rounds, drills."""

from domain.channels import ChannelName
from domain.policy import Manager, OnCall, Policy, Step
from tests.support.house import House

SHORT = Policy(
    name="short",
    steps=(
        Step(after_seconds=0, targets=(OnCall(channel=ChannelName.SMS),)),
        Step(after_seconds=600, targets=(Manager(channel=ChannelName.SMS),)),
        Step(after_seconds=1200, targets=(OnCall(channel=ChannelName.PHONE),)),
    ),
    repeat_seconds=600,
    max_rounds=2,
)


async def test_an_empty_step_is_skipped_and_logged_and_the_rounds_have_a_limit(product: House) -> None:
    service = await product.make_service(SHORT, manager=None)
    incident = await product.report(service_name=service, time_scale=3600.0)
    await incident.until_steps("p1.created", "p1.r1.s1", "p1.r1.s3", "p1.r2.s3")
    await incident.until_type("ESCALATED", 4)
    assert await incident.texts("ESCALATED") == [
        f"Step p1.r1.s2 was skipped: team of {service} has no manager",
        "Escalated to step p1.r1.s3",
        "Escalated to step p1.r2.s3",
        "Nobody acknowledged in 2 rounds: no step is left",
    ]


async def test_a_policy_that_reaches_nobody_says_so_once(product: House) -> None:
    service = await product.make_service(SHORT, on_call=None, manager=None, channel=None)
    incident = await product.report(service_name=service)
    await incident.until_type("ESCALATED", 4)
    assert (await incident.texts("ESCALATED"))[-1] == "No step of the policy reaches anybody"
    assert await incident.pages() == []
    await incident.until_finished()


async def test_the_whole_default_ladder_in_a_drill(product: House) -> None:
    incident = await product.report(time_scale=3600.0)
    await incident.until_steps(
        "p1.created", "p1.r1.s1", "p1.r1.s2", "p1.r1.s3", "p1.r1.s4", "p1.r1.s5", "p1.r2.s5", "p1.r3.s5"
    )
    assert all(message.text.startswith("DRILL ") for message in await product.inbox(incident.id))
