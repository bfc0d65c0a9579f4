"""E-mail as an alert: what people and old tools can send who can send nothing else.

The subject says what it is about and how it stands ("PROBLEM: disk full", "[RESOLVED] disk full"). Without those
marks it is the fingerprint, so that a problem's mail and its recovery's meet.
"""

import codecs
import re
from contextlib import suppress
from email import message_from_bytes, policy
from email.errors import MessageError
from email.message import EmailMessage, Message
from email.utils import parseaddr, parsedate_to_datetime
from html.parser import HTMLParser
from typing import NamedTuple

from api.formats.reading import kept, links, moment, text
from domain.alert import Link
from domain.intake.signal import Action, Signal, line
from domain.severity import DEFAULT_WORDS

_BROKEN = (MessageError, LookupError, ValueError, TypeError, AttributeError, AssertionError, RecursionError)
"""What the standard library raises on headers, encodings and parts that are wrong."""
_LONGEST = 100_000
_LONGEST_ENCODED = 4 * _LONGEST
"""Bytes of as many characters, in any charset."""
_LONGEST_HEADER = 4000
"""Of a longer header the rest is left: the standard library takes a second for some that are ten times as long."""
_MAX_HEADERS = 100
_MAX_LINKS = 10
_MOST_PARTS = 1000
_MOST_NESTED = 20
_NESTING = re.compile(rb"(?:multipart|message)\s*/", re.I)
"""The parser calls itself for each part within a part, and asks all of them about each line."""
_HEADER = rb"^content-(?:type|transfer-encoding):(?:[^\n]|\n[ \t])"
_LONG_HEADER = re.compile(_HEADER + rb"{%d}" % _LONGEST_HEADER, re.I | re.M)
_ABOUT_THE_BODY = re.compile(_HEADER + rb"*\n?", re.I | re.M)
_END_OF_LINE = re.compile(rb"\r\n?")
_CHARSET = re.compile(
    r"ascii|utf-(?:8|16|32)\S*|iso8859-\d+|cp\d+|mac-\S+|koi8-\w|tis-620|kz1048|ptcp154"
    r"|gb2312|gbk|gb18030|hz|big5\w*|shift_jis\w*|euc_\w+|iso2022_\w+|johab"
)
"""What mail programs write in, as Python names it. It knows more: `punycode` takes minutes for a long text."""

_RESOLVED = {"resolved", "recovery", "recovered", "ok", "up", "back to normal", "cleared", "closed", "normal", "fixed"}
_ACKNOWLEDGED = {"acknowledgement", "acknowledged", "ack"}
_TRIGGERED = {
    "problem", "firing", "down", "alert", "alarm", "alerting", "triggered", "re-triggered", "trigger", "failed",
    "failure", "unknown",
}  # fmt: skip
_STATES_OF_TROUBLE = _TRIGGERED - {"alert", "alarm"}
"""Not what a mail about a recovery, too, calls itself."""
_SEVERITIES = {word for word in DEFAULT_WORDS if not word.isdigit()} - _TRIGGERED
_MARKS = _RESOLVED | _ACKNOWLEDGED | _TRIGGERED | _SEVERITIES

_ANY = "|".join(re.escape(word) for word in sorted(_MARKS, key=len, reverse=True))
_STATE = "|".join(sorted(_MARKS - _SEVERITIES | {"critical", "warning"}, key=len, reverse=True))
"""What a thing "is" in a subject: not `high`, for "the load is high" is what it is about."""
_QUIET = {"ok", "up", "normal", "fixed", "closed"}
"""Words that begin a name as often as they tell a state: "OK Google", "UP link", "NORMAL mode"."""
_LOUD = "|".join(re.escape(word.upper()) for word in sorted(_MARKS - _SEVERITIES - _QUIET, key=len, reverse=True))
_REPLY = re.compile(r"^\s*(?:(?:re|fwd?|aw|wg|tr|sv)\s*(?:\[\d+\])?\s*:\s*)+", re.I)
_BRACKET = re.compile(rf"[\[(]\s*(?P<word>{_ANY})(?:\s*:\s*\d+)?(?:\s+(?:on|in)\s[^\])]{{0,80}})?\s*[\])]", re.I)
_PREFIX = re.compile(rf"^\W*(?P<word>{_ANY})(?:\s+in\s[\w ]{{1,30}})?\s*(?:[:|]|\s[-–—]\s)\s*", re.I)
_SHOUT = re.compile(rf"^\W*(?P<word>{_LOUD})\s+(?=\w)")
_IS = re.compile(rf"\s+(?:is\s+)?(?P<word>back to normal)\b|\s+is\s+(?P<state>{_STATE})(?=\s*(?:$|[:;,.!*\])]))", re.I)
_NO_TAG = re.compile(r"<(?![^<>]{1,2000}>)")
"""Where the parser would look for an end that is not there, over and over: minutes for a few kilobytes."""
_ADDRESS = re.compile(r"https?://[^\s<>\"'\])]{3,1990}", re.I)


class _Mark(NamedTuple):
    """A word of a subject that says how it stands."""

    word: str
    is_apart: bool
    """In brackets, or before a colon or dash: there it is part of no name."""


def parse(content: bytes) -> EmailMessage:
    """The message in some bytes. It never raises.

    Of one with more parts than anybody writes, or more deeply nested, the headers count, and the rest is its text.
    """
    content = _END_OF_LINE.sub(b"\n", content)
    if _is_readable(content):
        with suppress(*_BROKEN):
            return message_from_bytes(content, policy=policy.default)
    headers, _, body = content.partition(b"\n\n")
    return message_from_bytes(_ABOUT_THE_BODY.sub(b"", headers + b"\n") + b"\n" + body, policy=policy.default)


def _is_readable(content: bytes) -> bool:
    """Whether the standard library reads it in time."""
    parts = content.count(b"\n--")
    if b"delivery-status" in content.lower():  # there each block is a part
        parts += content.count(b"\n\n")
    nested = len(_NESTING.findall(content))
    return parts <= _MOST_PARTS and nested <= _MOST_NESTED and not _LONG_HEADER.search(content)


def read(message: EmailMessage) -> Signal:
    """The signal of a message. It never raises: what cannot be decoded is read as well as it goes."""
    subject = _REPLY.sub("", line(_header(message, "Subject"), 2000))
    marks, bare = _without_marks(subject)
    body = _text(message)
    sender = _header(message, "From")
    action = _action(marks)
    severities = [mark.word for mark in marks if mark.word in _SEVERITIES and action is Action.TRIGGER]
    return Signal(
        action=action,
        title=subject or line(body, 200),
        description=body,
        severity=next(iter(severities), None),
        fingerprint=_fingerprint(bare),
        labels=_labels(sender),
        links=_links(body),
        detected_at=moment(_date(message)),
        note=line(body, 2000) if action is Action.ACKNOWLEDGE else "",
        actor=sender or None,
        raw=_raw(message, body),
    )


def _without_marks(subject: str) -> tuple[list[_Mark], str]:
    """The marks of a subject in the order in which they count, and what is left of it."""
    found: list[_Mark] = []

    def taken(match: re.Match[str]) -> str:
        word = next(word for word in match.groupdict().values() if word).lower()
        found.append(_Mark(word, match.re in (_BRACKET, _PREFIX)))
        return " "

    rest = _BRACKET.sub(taken, subject)
    for pattern in (_PREFIX, _SHOUT):
        while pattern.match(rest):
            rest = pattern.sub(taken, rest, count=1)
    return found, _IS.sub(taken, rest)


def _action(marks: list[_Mark]) -> Action:
    """Where it is not plain whether a problem begins or is over, it begins: the other would be a page that is lost."""
    over = [mark for mark in marks if mark.word in _RESOLVED]
    if any(mark.is_apart for mark in over) or (over and not any(mark.word in _STATES_OF_TROUBLE for mark in marks)):
        return Action.RESOLVE
    return Action.ACKNOWLEDGE if any(mark.word in _ACKNOWLEDGED for mark in marks) else Action.TRIGGER


def _fingerprint(bare: str) -> str | None:
    return " ".join(re.findall(r"[^\W_]+(?:[-._/:%][^\W_]+)*%?", bare.casefold())) or None


def _header(message: Message, name: str) -> str:
    """A header as text: decoded, and as it came where that is not possible."""
    raw = next((str(value) for key, value in message.raw_items() if key.lower() == name.lower()), "")
    try:
        return text(str(message.policy.header_fetch_parse(name, raw[:_LONGEST_HEADER])))
    except _BROKEN:
        return text(raw[:_LONGEST_HEADER])


def _labels(sender: str) -> dict[str, str]:
    try:
        address = parseaddr(sender)[1]
    except _BROKEN:
        return {}
    return {"from": address.lower()} if "@" in address else {}


def _date(message: Message) -> object:
    try:
        return parsedate_to_datetime(_header(message, "Date"))
    except _BROKEN:
        return None


def _links(body: str) -> tuple[Link, ...]:
    found = [address.rstrip(".,;:!?") for address in _ADDRESS.findall(body)]
    return links(*((address, "") for address in list(dict.fromkeys(found))[:_MAX_LINKS]))


def _raw(message: Message, body: str) -> object:
    """Headers and text: attachments are not kept."""
    headers: dict[str, str] = {}
    for name in list(dict.fromkeys(name for name, _ in message.raw_items()))[:_MAX_HEADERS]:
        headers[name] = _header(message, name)[:2000]
    return kept({"headers": headers, "text": body})


def _text(message: EmailMessage) -> str:
    """The text part; without one, the HTML part without its tags."""
    plain, html = _parts(message)
    return (plain if plain.strip() else _stripped(html)).strip()[:_LONGEST]


def _parts(message: EmailMessage) -> tuple[str, str]:
    """The first text and the first HTML that are no attachments."""
    found = {"text/plain": "", "text/html": ""}
    try:
        for part in message.walk():
            kind = _kind(part)
            if kind in found and not found[kind]:
                found[kind] = _decoded(part)
    except _BROKEN:
        pass  # the structure is broken: what was found until there is what there is
    return found["text/plain"], found["text/html"]


def _kind(part: Message) -> str:
    """The content type; nothing for what is not to be read."""
    about = (str(value) for name, value in part.raw_items() if name.lower().startswith("content-"))
    if any(len(value) > _LONGEST_HEADER for value in about):
        return ""
    try:
        return "" if part.get_content_disposition() == "attachment" else part.get_content_type()
    except _BROKEN:
        return ""


def _decoded(part: Message) -> str:
    """The beginning of a part's text, in its charset or as well as UTF-8 can read it."""
    try:
        payload = part.get_payload(decode=True)
        charset = part.get_content_charset() or "utf-8"
    except _BROKEN:
        return ""
    if not isinstance(payload, bytes):
        return ""
    return text(payload[:_LONGEST_ENCODED].decode(_codec(charset), "replace"))


def _codec(charset: str) -> str:
    """The codec of a charset; that of UTF-8 when no mail program writes in it."""
    try:
        name = codecs.lookup(charset).name
    except _BROKEN:
        return "utf-8"
    return name if _CHARSET.fullmatch(name) else "utf-8"


class _Stripper(HTMLParser):
    """Collects the text of HTML, a line for each block."""

    _BLOCKS = frozenset({"p", "br", "div", "tr", "li", "table", "h1", "h2", "h3", "h4", "ul", "ol", "pre"})
    _SILENT = frozenset({"script", "style", "head", "title"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in self._SILENT
        if tag in self._BLOCKS:
            self.said.append("\n")
        elif tag == "td":
            self.said.append(" ")
        if tag == "a" and (address := dict(attrs).get("href")) and not self._silent:
            self.said.append(f"{address} ")

    def handle_endtag(self, tag: str) -> None:
        self._silent = max(0, self._silent - (tag in self._SILENT))
        if tag in self._BLOCKS:
            self.said.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.said.append(data)


def _stripped(html: str) -> str:
    stripper, html = _Stripper(), _NO_TAG.sub(" ", html[:_LONGEST])
    try:
        stripper.feed(html)
        stripper.close()
    except _BROKEN:
        stripper.said.append(re.sub(r"<[^>]*>", " ", html))
    lines = (" ".join(one.split()) for one in "".join(stripper.said).splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
