"""People who are paged by webhook, by the worker as it runs: what is posted, where, and what is kept of it."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio
from pydantic import SecretStr

from db.models import ContactMethod, User, new_id
from domain.channels import ChannelName
from domain.policy import OnCall, Person, Policy, Step, Target, TeamChannel
from tests.support.house import House, Told
from tests.support.receiver import SECRET, Receiver, receiving
from tests.support.waiting import eventually

WEBHOOK = ChannelName.WEBHOOK


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest_asyncio.fixture
async def posting(house: House) -> AsyncIterator[House]:
    """With workers that sign, and that may post to this machine."""
    settings = {"allow_private_addresses": True, "webhook_secret": SecretStr(SECRET)}
    async with house.with_settings(**settings).working() as product:
        yield product


async def a_person(house: House, *urls: str, unverified: str | None = None) -> str:
    """Somebody who wants to be told by webhook, at these addresses."""
    id, email = new_id(), f"hooked-{new_id().hex[-8:]}@example.com"
    now = datetime.now(UTC)
    methods = [ContactMethod(id=new_id(), user_id=id, channel=WEBHOOK, address=url, verified_at=now) for url in urls]
    if unverified:
        methods.append(ContactMethod(id=new_id(), user_id=id, channel=WEBHOOK, address=unverified))
    async with house.sessions.begin() as session:
        session.add(User(id=id, email=email, name="Hooked", notification_rules=[{"channel": WEBHOOK}]))
        await session.flush()
        session.add_all(methods)
    return email


async def paged(house: House, target: Target, **team: Any) -> Told:
    """An incident whose only rung tells a target, once that is done."""
    policy = Policy(name="hooks", steps=(Step(after_seconds=0, targets=(target,)),), max_rounds=1)
    incident = await house.report(service_name=await house.make_service(policy, **team))
    await incident.until_step("p1.r1.s1")
    return incident


async def row_of(incident: Told) -> tuple[str, str, str, str]:
    (row,) = [one for one in await incident.house.ledger(incident.id) if one.step == "p1.r1.s1"]
    return row.recipient, row.channel, row.provider, row.status


def pages(receiver: Receiver) -> list[dict[str, Any]]:
    return [said["data"] for said in receiver.said() if said["data"].get("step") == "p1.r1.s1"]


async def test_whoever_is_on_call_gets_one_signed_post(posting: House, receiver: Receiver) -> None:
    email = await a_person(posting, receiver.url, unverified=f"{receiver.url}&un=verified")
    incident = await paged(posting, OnCall(), on_call=email)
    assert await row_of(incident) == (email, "webhook", "webhook", "sent")
    (page,) = pages(receiver)
    assert page["incident_id"] == str(incident.id) and page["message"].startswith("PAGE ")
    assert {path for path, _, _ in receiver.received} == {"/5ecret?token=5ecret"}
    kept = [*await incident.texts(), *(str(row.__dict__) for row in await posting.ledger(incident.id))]
    assert not any("5ecret" in text for text in kept)


async def test_each_verified_address_gets_it_and_one_that_fails_takes_it_from_none(
    posting: House, receiver: Receiver
) -> None:
    with receiving() as second, receiving() as broken:
        broken.status = 404
        email = await a_person(posting, broken.url, receiver.url, second.url)
        incident = await paged(posting, Person(email=email, channel=WEBHOOK))
        assert await row_of(incident) == (email, "webhook", "webhook", "sent")
        ids = {
            headers["webhook-id"]
            for one in (broken, receiver, second)
            for (_, headers, _), said in zip(one.received, one.said(), strict=True)
            if said["data"].get("step") == "p1.r1.s1"
        }
        assert len(ids) == 1 and all(len(pages(one)) == 1 for one in (broken, receiver, second))


async def test_what_nobody_takes_is_tried_again_while_one_of_them_may(posting: House, receiver: Receiver) -> None:
    with receiving() as broken:
        broken.status, receiver.status = 404, 503
        email = await a_person(posting, broken.url, receiver.url)
        policy = Policy(name="hooks", steps=(Step(after_seconds=0, targets=(Person(email=email),)),), max_rounds=1)
        incident = await posting.report(service_name=await posting.make_service(policy))

        async def tried() -> bool:
            return bool(pages(receiver))

        await eventually(tried)
        receiver.status = 204
        await incident.until_step("p1.r1.s1")
    assert await row_of(incident) == (email, "webhook", "webhook", "sent")


@pytest.mark.parametrize("kind", ["nobody registered", "not verified", "team channel"])
async def test_who_has_no_address_is_told_by_the_inbox(posting: House, receiver: Receiver, kind: str) -> None:
    email = await a_person(posting, unverified=receiver.url if kind == "not verified" else None)
    target: Target = TeamChannel(channel=WEBHOOK) if kind == "team channel" else Person(email=email, channel=WEBHOOK)
    incident = await paged(posting, target)
    recipient, _, provider, status = await row_of(incident)
    assert (recipient, provider, status) == ("#team" if kind == "team channel" else email, "inbox", "sent")
    assert [one.recipient for one in await posting.inbox(incident.id) if one.step == "p1.r1.s1"] == [recipient]
    assert receiver.received == []
