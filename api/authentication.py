"""Who is calling: the owner of an API token or, at the doors for alerts, a source by its key."""

import base64
import binascii
import re
import time
from collections import OrderedDict
from typing import TypeVar
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Receive, Scope, Send

from api.problems import DATABASE_AWAY, Problem, answer, database_problem
from db.access import Principal, by_token
from db.engine import Sessions, Turns
from db.house import source_by_key
from db.tokens import hash_token
from domain.intake.source import Source

API = "/api/v1/"
OPEN_PATHS = ("/api/v1/auth/token/", "/api/v1/heartbeats/", "/api/v1/v2/", "/api/v1/calendars/")
"""Paths of the API that need no token, or that carry a key of their own in path or body."""
CALENDARS = ("/api/v1/schedules/", "/calendar.ics/")
"""How paths begin and end that take the key of a feed, in `?key=`, instead of a token."""
DOORS = "/api/v1/alerts/"
"""Here a source's key will do, and it may come as senders can send it: `?token=`, HTTP Basic, `GenieKey`."""

KNOWN_SECONDS = 5.0
"""So long a token is believed without asking again; a revoked one ends after that at the latest."""
MOST_KNOWN = 10_000
UNKNOWN_SECONDS = 1.0
"""So long a token that nobody has is refused without asking again: a sender with an old key sends it often."""
ASKED_AT_ONCE = 4
"""Look-ups under way at most: whoever guesses tokens takes no more of the database's connections than these."""
SOURCE_KEY = re.compile(r"[0-9a-z]{32}", re.ASCII)
"""How keys of sources look."""

ADVICE = "Send an API token as 'Authorization: Bearer …' or 'Authorization: Token …'"
DOOR_ADVICE = ADVICE + ", or a source's key there, as the password of HTTP Basic, or as ?token=…"

Caller = Principal | Source
_Name = TypeVar("_Name")
_Value = TypeVar("_Value")


class Credentials:
    """Tokens and keys, with what the database said of them a moment ago."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, bool], tuple[Caller, float]] = OrderedDict()
        self._unknown: OrderedDict[tuple[bytes, bool], float] = OrderedDict()
        """By digest, for anybody can send long ones."""
        self._asking = Turns(ASKED_AT_ONCE)

    async def caller(self, sessions: Sessions, token: str, *, door: bool) -> Caller | None:
        """Who a token belongs to; None when it is nobody's.

        Args:
            sessions: of the database.
            token: as it was sent.
            door: whether a source's key will do.
        """
        known = self._known.get((token, door))
        if known is not None and known[1] > time.monotonic():
            return known[0]
        digest = hash_token(token)
        if self._unknown.get((digest, door), 0.0) > time.monotonic():
            return None
        async with self._asking.turn(), sessions() as session:
            caller: Caller | None = await by_token(session, token)
            if caller is None and door and SOURCE_KEY.fullmatch(token):
                caller = await source_by_key(session, token)
        if caller is None:
            self._known.pop((token, door), None)
            _put(self._unknown, (digest, door), time.monotonic() + UNKNOWN_SECONDS)
        else:
            _put(self._known, (token, door), (caller, time.monotonic() + KNOWN_SECONDS))
        return caller

    async def source(self, sessions: Sessions, key: str) -> Source | None:
        """The source whose key it is; of what does not look like a key the database is not asked."""
        caller = await self.caller(sessions, key, door=True) if SOURCE_KEY.fullmatch(key) else None
        return caller if isinstance(caller, Source) else None

    def forget(self) -> None:
        """A source changed: its next alert sees it."""
        self._known.clear()
        self._unknown.clear()


def _put(table: OrderedDict[_Name, _Value], name: _Name, value: _Value) -> None:
    """Keep what is latest, and not too much of it."""
    table[name] = value
    if len(table) > MOST_KNOWN:
        table.popitem(last=False)


class Authentication:
    """Find out whose token it is, before anything of the request is read. The pages have sessions of their own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(API) and not _is_open(scope):
            door = scope["path"].startswith(DOORS)
            token = token_of(scope, door=door)
            parts = scope["app"].state.container
            try:
                caller = await parts.credentials.caller(parts.sessions, token, door=door) if token else None
            except DATABASE_AWAY as error:
                await answer(database_problem(error))(scope, receive, send)
                return
            if caller is None:
                problem = Problem(401, _refusal(token, door=door))
                await answer(problem)(scope, receive, send)
                return
            state = scope.setdefault("state", {})
            state["credential"] = token
            state["source" if isinstance(caller, Source) else "principal"] = caller
        await self._app(scope, receive, send)


def _is_open(scope: Scope) -> bool:
    """Whether whoever answers looks for a key."""
    path: str = scope["path"]
    if path.startswith(OPEN_PATHS):
        return True
    begins, ends = CALENDARS
    if not (path.startswith(begins) and path.endswith(ends)) or header(scope, b"authorization"):
        return False
    return "key" in parse_qs(scope.get("query_string", b"").decode("latin-1"))


def token_of(scope: Scope, *, door: bool) -> str | None:
    """The token that a request carries."""
    kind, _, value = header(scope, b"authorization").partition(" ")
    value = value.strip()
    if kind.lower() in {"token", "bearer"} or (door and kind.lower() == "geniekey"):
        return value or None
    if not door:
        return None
    if kind.lower() == "basic":
        return _password(value)
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    return next(iter(query.get("token", ())), None)


def header(scope: Scope, name: bytes) -> str:
    """A header's value, "" when it is not there; looked for once, without reading all the others."""
    return next((value.decode("latin-1") for known, value in scope["headers"] if known == name), "")


def _password(encoded: str) -> str | None:
    """The password of HTTP Basic; the name when there is none, for some senders have one field only."""
    try:
        name, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return password or name or None


def _refusal(token: str | None, *, door: bool) -> str:
    if token:
        return "The API token is not known, has expired or was revoked"
    return DOOR_ADVICE if door else ADVICE
