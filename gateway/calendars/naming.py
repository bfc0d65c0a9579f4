"""Who is on call in an event: its attendees, else the addresses in its title, else the names in it."""

import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import icalendar

_LEVEL = re.compile(r"\s*\[L(\d{1,2})\]\s*", re.IGNORECASE)
"""Grafana OnCall's prefix of a title."""
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(?:\.[\w-]+)+")
_ON_DUTY = frozenset({"ACCEPTED", "NEEDS-ACTION"})
"""Who has not answered is invited all the same: RFC 5545 has NEEDS-ACTION for a PARTSTAT that is not there."""
_AWAY = frozenset({"DECLINED"})
_NOT_PEOPLE = frozenset({"ROOM", "RESOURCE"})


class Named(NamedTuple):
    """What an event says."""

    level: int | None
    users: tuple[str, ...]
    """E-mail addresses."""
    unknown: tuple[str, ...]
    """Of those who were named in the same way, the ones that nobody knows."""
    declined: tuple[str, ...] = ()
    """E-mail addresses of invited users who will not come; whatever the title says, they are not on call."""


class People:
    """Finds people by name, e-mail address or the part of it before the @, in any case of letters."""

    def __init__(self, people: Mapping[str, str]) -> None:
        """Args: people: e-mail address by name, or by whatever else somebody is called."""
        addresses = set(people.values())
        locals_ = Counter(_key(address.partition("@")[0]) for address in addresses)
        self._found = {
            key: address for address in addresses if locals_[key := _key(address.partition("@")[0])] == 1
        }  # whom an ambiguous part means, nobody can say
        self._found |= {_key(name): address for name, address in people.items()}
        self._found |= {_key(address): address for address in addresses}

    def find(self, name: str) -> str | None:
        """The e-mail address of somebody."""
        return self._found.get(_key(name))


def named(event: icalendar.Component, people: People) -> Named:
    """Who is on call in an event, and at which level, if it says one."""
    title = str(event.get("SUMMARY", ""))
    level = _LEVEL.match(title)
    rest = title[level.end() :] if level else title
    declined = [address for one in _attendees(event, _AWAY) if (address := people.find(one)) is not None]
    users: list[str] = []
    unknown: list[str] = []
    for way in (_attendees(event, _ON_DUTY), _ADDRESS.findall(rest), _names(rest, people)):
        candidates = list(way)
        found = [address for one in candidates if (address := people.find(one)) is not None]
        users = [address for address in found if address not in declined]
        unknown = unknown or [one for one in candidates if people.find(one) is None]
        if users:
            unknown = [one for one in candidates if people.find(one) is None]
            break
    number = int(level[1]) if level else None
    return Named(number, tuple(dict.fromkeys(users)), tuple(dict.fromkeys(unknown)), tuple(dict.fromkeys(declined)))


def _attendees(event: icalendar.Component, answers: Container[str]) -> Iterator[str]:
    """Addresses of the people who are invited and have given one of these answers."""
    found = event.get("ATTENDEE", [])
    for attendee in found if isinstance(found, list) else [found]:
        parameters = getattr(attendee, "params", {})
        if str(parameters.get("CUTYPE", "")).upper() in _NOT_PEOPLE:
            continue
        if str(parameters.get("ROLE", "")).upper() == "NON-PARTICIPANT":
            continue
        if str(parameters.get("PARTSTAT", "ACCEPTED")).upper() in answers:
            yield _address(str(attendee), parameters)


def _address(attendee: str, parameters: Mapping[str, Any]) -> str:
    """Attendees are URIs; one that is not mailto: may have its address beside it."""
    scheme, _, rest = attendee.partition(":")
    if scheme.lower() == "mailto":
        return rest.strip()
    return str(parameters.get("EMAIL", attendee)).strip()


def _names(title: str, people: People) -> Iterable[str]:
    """The names in a title; in front of them may stand what it is, as in `On call: Ana, Bo`."""
    whole, after = _split(title), _split(title.rpartition(":")[2])
    return max(whole, after, key=lambda names: sum(people.find(name) is not None for name in names))


def _split(text: str) -> list[str]:
    return [name for part in text.split(",") if (name := part.strip())]


def _key(name: str) -> str:
    return " ".join(name.split()).casefold()
