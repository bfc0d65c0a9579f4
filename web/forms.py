"""How posted forms are read: every field checked before anything is done with it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs
from uuid import UUID

from fastapi import Request

from web.errors import PageError

FIELDS_AT_MOST = 200
DIGITS_AT_MOST = 9
NO_ID = "The form came without its id. Load the page again and repeat."
_ID = re.compile(r"[A-Za-z0-9_-]{16,64}")


@dataclass
class Form:
    """What was posted, and what is wrong with it."""

    posted: Mapping[str, list[str]]
    errors: dict[str, str] = field(default_factory=dict)

    def raw(self, name: str) -> str:
        """A field as it came; empty when it did not."""
        return self.posted.get(name, [""])[0]

    def all(self, name: str) -> list[str]:
        """The ticked boxes of a name."""
        return self.posted.get(name, [])

    def ticked(self, name: str) -> bool:
        """Whether a box is ticked."""
        return self.raw(name) != ""

    def text(self, name: str, *, longest: int, shortest: int = 0) -> str:
        """A field without the space around it; what is wrong with it is noted."""
        value = self.raw(name).replace("\r\n", "\n").strip()
        error = text_error(value, longest=longest, shortest=shortest)
        if error:
            self.errors[name] = error
        return value

    def number(self, name: str) -> int | None:
        """A field with a whole number; None when it is empty. What is no number is noted."""
        value = self.raw(name).strip()
        if not value:
            return None
        if not (value.isascii() and value.isdigit() and len(value) <= DIGITS_AT_MOST):
            self.errors[name] = "A whole number."
            return None
        return int(value)

    @property
    def new_id(self) -> UUID:
        """The form's own id as that of what it makes: posted twice, it makes one.

        Raises:
            PageError: it has none.
        """
        try:
            return UUID(self.id)
        except ValueError as error:
            raise PageError(400, NO_ID) from error

    @property
    def id(self) -> str:
        """The form's own id: posted twice, it acts once.

        Raises:
            PageError: it has none.
        """
        value = self.raw("form_id")
        if not _ID.fullmatch(value):
            raise PageError(400, NO_ID)
        return value


def text_error(value: str, *, longest: int, shortest: int = 0) -> str | None:
    """What is wrong with a text."""
    if "\x00" in value:
        return "Remove the NUL character."
    if len(value) > longest:
        return f"Use at most {longest} characters; these are {len(value)}."
    if len(value) < shortest:
        return "This field is required." if not value else f"Use at least {shortest} characters."
    return None


async def read_form(request: Request) -> Form:
    """Read a posted form.

    Raises:
        PageError: it is none.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise PageError(415, "This address takes the form of its page.")
    body = (await request.body()).decode("utf-8", errors="replace")
    try:
        posted = parse_qs(body, keep_blank_values=True, max_num_fields=FIELDS_AT_MOST)
    except ValueError as error:
        raise PageError(400, "The form has too many fields.") from error
    return Form(posted)
