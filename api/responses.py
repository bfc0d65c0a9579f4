"""Answers as JSON, all in one way: times in UTC with `Z`."""

from typing import Any

from fastapi import Response
from pydantic_core import to_json


def json_response(body: Any, status: int = 200) -> Response:
    """A body of plain values, dates and UUIDs as JSON."""
    return Response(to_json(body), status, media_type="application/json")
