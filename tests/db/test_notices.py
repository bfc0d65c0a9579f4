"""Notices: told once, in the caller's transaction, and in the inbox beside the pages."""

import pytest

from db.engine import Sessions
from db.inbox import InboxMessages
from db.models import new_id
from db.notices import tell
from domain.channels import ChannelName
from domain.notice import Link, Notice


def a_notice(**changes: object) -> Notice:
    facts = {
        "key": f"test:{new_id()}",
        "kind": "on_call_soon",
        "recipient": f"{new_id()}@example.com",
        "channel": ChannelName.PUSH,
        "text": "You go on call in an hour",
        "links": (Link(href="https://tocsin.example.com/schedules", text="Schedule"),),
    }
    return Notice.model_validate(facts | changes)


async def test_told_once(sessions: Sessions) -> None:
    notice = a_notice()
    told = []
    for _ in range(2):
        async with sessions.begin() as session:
            told.append(await tell(session, notice))
    assert told == [True, False]
    ((message, number),) = await InboxMessages(sessions).latest(notice.recipient, 10)
    assert number is None
    assert (message.step, message.channel, message.text) == ("on_call_soon", "push", notice.text)
    assert message.links == [{"href": "https://tocsin.example.com/schedules", "text": "Schedule"}]


async def test_what_is_rolled_back_was_not_told(sessions: Sessions) -> None:
    notice = a_notice()
    async with sessions() as session:
        await tell(session, notice)
        await session.rollback()
    assert await InboxMessages(sessions).latest(notice.recipient, 10) == []
    async with sessions.begin() as session:
        assert await tell(session, notice)


@pytest.mark.parametrize("changes", [{"kind": "Test page"}, {"text": ""}, {"recipient": ""}, {"key": "x" * 301}])
def test_what_is_no_notice(changes: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=next(iter(changes))):
        a_notice(**changes)
