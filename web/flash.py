"""A message for the next page, shown once: it travels in a cookie of its own."""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Literal

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

COOKIE = "tocsin_flash"
LONGEST = 600

Kind = Literal["good", "wait", "bad"]


@dataclass(frozen=True)
class Flash:
    """What is said, and in which tone."""

    kind: str
    text: str


def redirect(to: str, kind: Kind, text: str) -> RedirectResponse:
    """Go there, and say so."""
    response = RedirectResponse(to, 303)
    packed = base64.urlsafe_b64encode(json.dumps([kind, text[:LONGEST]]).encode()).decode()
    response.set_cookie(COOKIE, packed, max_age=60, httponly=True, samesite="lax")
    return response


def read(request: Request) -> Flash | None:
    """The message that waits, if it is one of ours."""
    packed = request.cookies.get(COOKIE)
    if not packed:
        return None
    try:
        kind, text = json.loads(base64.urlsafe_b64decode(packed))
    except (binascii.Error, ValueError, TypeError):
        return None
    return Flash(kind, text) if kind in ("good", "wait", "bad") and isinstance(text, str) else None


def clear(response: Response) -> None:
    """It was shown."""
    response.delete_cookie(COOKIE, httponly=True, samesite="lax")
