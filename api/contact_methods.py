"""What is done with contact methods: made, changed, verified by a code, tried by a test page."""

import asyncio
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from api.catalogue.addresses import as_dialled, require_address
from api.catalogue.endpoints import found
from api.catalogue.people import PEOPLE, is_self, masked, require_rank
from api.container import Container
from api.problems import Problem
from api.requests import require
from config.passwords import hash_password, password_matches
from db.access import Principal
from db.contact_methods import Verdict, count_try, keep_code, method_of, set_address, told_lately, verify
from db.models import ContactMethod, new_id
from db.notices import PLAYED_BY, begin, end, tell
from domain.catalogue import User
from domain.channels import ChannelName
from domain.notice import CODE, TEST_PAGE, Notice
from domain.roles import Permission

MOST_METHODS = 50
AN_HOUR = timedelta(hours=1)
MOST_CODES, MOST_TEST_PAGES = 6, 30
"""For one person, in an hour."""


class _Sending(NamedTuple):
    """A notice on its way."""

    notice: Notice
    address: str
    id: UUID | None
    """What waits for its webhook; None: the inbox has it."""

    @property
    def provider(self) -> str:
        return PLAYED_BY if self.id is None else self.notice.channel.value


class Person(NamedTuple):
    """Whose contact methods they are."""

    id: UUID
    user: User


async def person_to_change(parts: Container, caller: Principal, reference: str) -> Person:
    """The person of a path, whom the caller may change: themselves, or anybody for managers.

    Raises:
        Problem: 403 or 404.
    """
    if not is_self(caller, reference):
        require(caller, Permission.MANAGE)
    row, user, _ = await found(parts, caller, PEOPLE, reference)
    if row.id != caller.id:
        require_rank(caller, user.role)
    return Person(row.id, user)


async def add_method(parts: Container, person: Person, channel: ChannelName, address: str) -> ContactMethod:
    """A new address; nothing is sent to it until it is verified.

    Raises:
        Problem: 409 when it is there already, 422.
    """
    address = _checked(channel, address)
    if len(person.user.contact_methods) >= MOST_METHODS:
        raise Problem(409, f"{MOST_METHODS} contact methods are enough: delete one first")
    method = ContactMethod(id=new_id(), user_id=person.id, channel=channel.value, address=address)
    try:
        async with parts.sessions.begin() as session:
            session.add(method)
            await session.flush()
            await session.refresh(method)
    except IntegrityError as error:
        raise Problem.of_field("address", f"{channel} to this address is there already", 409) from error
    return method


async def change_method(parts: Container, person: Person, id: UUID, address: str) -> ContactMethod:
    """Another address of the same channel; it must be verified anew.

    Raises:
        Problem: 404, 409 when it is there already, 422.
    """
    try:
        async with parts.sessions.begin() as session:
            method = await require_method(session, person, id)
            set_address(method, _checked(ChannelName(method.channel), address))
    except IntegrityError as error:
        raise Problem.of_field("address", "this channel to this address is there already", 409) from error
    return method


async def require_method(session: AsyncSession, person: Person, id: UUID) -> ContactMethod:
    """A contact method of a person, locked.

    Raises:
        Problem: 404.
    """
    method = await method_of(session, person.id, id)
    if method is None:
        raise Problem(404, f"{person.user.email} has no contact method {id}")
    return method


async def send_code(parts: Container, person: Person, id: UUID) -> datetime:
    """Send a code that verifies an address; until when it holds. The code is in the message and nowhere else.

    Raises:
        Problem: 404, 409 when it is verified already, 422 when a webhook does not take it, 429 after too many codes.
    """
    code = f"{secrets.randbelow(1_000_000):06}"
    code_hash = await asyncio.to_thread(hash_password, code)
    async with parts.sessions.begin() as session:
        method = await require_method(session, person, id)
        if method.verified_at is not None:
            raise Problem(409, "This address is verified already")
        if await told_lately(session, CODE, person.user.email, AN_HOUR) >= MOST_CODES:
            raise Problem(429, f"{MOST_CODES} codes in an hour are enough: use the last one, or ask again later")
        expires_at = await keep_code(session, method, code_hash)
        where = masked(method.channel, method.address)
        text = f"{code} is your Tocsin code. It verifies {method.channel} to {where} and is good for 10 minutes."
        sending = await _begin(session, _notice(CODE, person, ChannelName(method.channel), text), method.address)
    if error := await _send(parts, sending):
        raise Problem.of_field("address", f"did not take the code ({error}): it must answer a POST with a 2xx")
    return expires_at


async def try_code(parts: Container, person: Person, id: UUID, code: str) -> ContactMethod:
    """Verify an address by the code that was sent to it.

    Raises:
        Problem: 404; 409 without a code; 422 when it is wrong or too old; 429 after too many wrong ones.
    """
    async with parts.sessions.begin() as session:
        await require_method(session, person, id)
        tried = await count_try(session, id)
    if tried.verdict is Verdict.NO_CODE:
        raise Problem(409, "No code was sent to this address: ask for one with send-code/")
    if tried.verdict is Verdict.TOO_MANY:
        raise Problem.of_field("code", "too many wrong codes: ask for a new one with send-code/", 429)
    if tried.verdict is Verdict.EXPIRED:
        raise Problem.of_field("code", "has expired: ask for a new one with send-code/")
    if tried.verdict is Verdict.OPEN and not await asyncio.to_thread(password_matches, tried.code_hash, code):
        raise Problem.of_field("code", f"is not the code that was sent; {tried.left} tries are left")
    async with parts.sessions.begin() as session:
        if tried.code_hash is not None and not await verify(session, id, tried.code_hash):
            raise Problem(409, "Another code was sent meanwhile, or the address was changed: use the new code")
        method = await require_method(session, person, id)
    return method


async def send_test_pages(
    parts: Container, caller: Principal, person: Person, ways: Sequence[tuple[ChannelName, str]]
) -> list[dict[str, Any]]:
    """One test page by each way; for each whether it was sent, and why not.

    Args:
        parts: of this process.
        caller: who asks for it.
        person: who gets it.
        ways: channels and addresses.

    Raises:
        Problem: 409 when nobody pages them, 429 after too many.
    """
    if not person.user.is_active:
        raise Problem(409, f"{person.user.email} is not active: nobody pages them")
    async with parts.sessions.begin() as session:
        lately = await told_lately(session, TEST_PAGE, person.user.email, AN_HOUR)
        if lately + len(ways) > MOST_TEST_PAGES:
            raise Problem(429, f"{MOST_TEST_PAGES} test pages in an hour are enough: try again later")
        sendings = []
        for channel, address in ways:
            where = masked(channel, address)
            text = f"Test page from Tocsin by {channel} to {where}, asked for by {caller.email}. Nothing is wrong."
            sendings.append(await _begin(session, _notice(TEST_PAGE, person, channel, text), address))
    errors = await asyncio.gather(*(_send(parts, sending) for sending in sendings))
    return [
        {
            "channel": sending.notice.channel,
            "address": sending.address,
            "provider": sending.provider,
            "status": "failed" if error else "sent",
            "error": error,
        }
        for sending, error in zip(sendings, errors, strict=True)
    ]


def ways_to(person: Person) -> list[tuple[ChannelName, str]]:
    """Every way that can be used: each verified address, and mail to the account's own."""
    verified = [(method.channel, method.address) for method in person.user.contact_methods if method.verified]
    return list(dict.fromkeys([*verified, (ChannelName.EMAIL, person.user.email)]))


def shown(method: ContactMethod) -> dict[str, Any]:
    """A contact method as answers show it."""
    names = ("id", "channel", "address", "verified_at", "created_at")
    return {name: getattr(method, name) for name in names} | {"verified": method.verified_at is not None}


def _checked(channel: ChannelName, address: str) -> str:
    address = as_dialled(channel, address)
    require_address(channel, address)
    return address


def _notice(kind: str, person: Person, channel: ChannelName, text: str) -> Notice:
    return Notice(key=f"{kind}:{new_id()}", kind=kind, recipient=person.user.email, channel=channel, text=text)


async def _begin(session: AsyncSession, notice: Notice, address: str) -> _Sending:
    """Put a notice into the inbox; one for a webhook goes there alone, once the transaction is over."""
    if notice.channel is ChannelName.WEBHOOK:
        return _Sending(notice, address, await begin(session, notice, notice.channel.value))
    await tell(session, notice)
    return _Sending(notice, address, None)


async def _send(parts: Container, sending: _Sending) -> str | None:
    """Post what waits for its webhook; why it was not taken, None when all is well."""
    if sending.id is None:
        return None
    error = await parts.webhook.try_notice(sending.address, sending.id, sending.notice)
    async with parts.sessions.begin() as session:
        await end(session, sending.id, error)
    return error
