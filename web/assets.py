"""Static files, with addresses that change when the files do."""

import hashlib
from functools import lru_cache
from pathlib import Path

from starlette.staticfiles import StaticFiles

STATIC = Path(__file__).parent / "static"


def static_app() -> StaticFiles:
    """What serves `/static`."""
    return StaticFiles(directory=STATIC)


@lru_cache
def asset(name: str) -> str:
    """The address of a static file; no browser keeps an old one after an upgrade."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()
    return f"/static/{name}?v={digest[:12]}"
