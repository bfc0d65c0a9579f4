"""The shapes of Opsgenie's answers: each says how long it took, and has an id."""

import time
from collections.abc import Callable, Coroutine, Mapping
from typing import Any
from uuid import UUID, uuid4

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from api.responses import json_response
from db.aliases import Received
from domain.intake.verdict import Fate
from domain.severity import Severity

_ACTIONS = {Fate.RESOLVED: "Close", Fate.ACKNOWLEDGED: "Acknowledge", Fate.NOTED: "AddNote"}
_DONE = {
    Fate.NEW: "Created alert",
    Fate.ATTACHED: "Deduplicated alert",
    Fate.RESOLVED: "Closed alert",
    Fate.ACKNOWLEDGED: "Acknowledged alert",
    Fate.NOTED: "Added note to alert",
}


class Failure(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers or {}


class OpsgenieRoute(APIRoute):
    """A route whose errors have Opsgenie's shape, too."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Take the time, and answer what fails."""
        handler = super().get_route_handler()

        async def timed(request: Request) -> Response:
            request.state.started = time.perf_counter()
            try:
                return await handler(request)
            except RequestValidationError as error:
                named = ", ".join(f"{one['loc'][-1]}: {one['msg']}" for one in error.errors())
                return answer(request, 422, message=f"Request is not processable: {named}")
            except Failure as failure:
                response = answer(request, failure.status, message=failure.message)
                response.headers.update(failure.headers)
                return response

        return timed


def answer(request: Request, status: int, id: UUID | None = None, **fields: Any) -> Response:
    """An answer.

    Args:
        request: that it is to.
        status: of HTTP.
        id: of the request; made up for one that is not kept.
        fields: what it says.
    """
    took = round(time.perf_counter() - request.state.started, 3)
    return json_response({**fields, "took": took, "requestId": id or uuid4()}, status)


def request_status(found: Received, source_id: UUID) -> dict[str, Any]:
    """What became of a request; one about an alert that is not open did not succeed."""
    row, fate = found.row, Fate(found.row["fate"])
    is_command = fate in _ACTIONS
    success = row["incident_id"] is not None or not is_command
    reason = row["reason"]
    return {
        "success": success,
        "isSuccess": success,
        "action": _ACTIONS.get(fate, "Create"),
        "processedAt": row["received_at"],
        "integrationId": source_id,
        "status": (reason and f"{fate.value}: {reason}") or _DONE.get(fate, fate.value),
        "alertId": found.alert_id if success else "",
        "alias": row["fingerprint"] or "",
    }


def listed(row: Mapping[str, Any]) -> dict[str, Any]:
    """An alert as it stands in a list."""
    labels: dict[str, str] = row["labels"] or {}
    number = str(row["number"] or "")
    return {
        "id": row["id"],
        "tinyId": number,
        "alias": row["fingerprint"],
        "message": row["title"],
        "status": "closed" if "RESOLVED" in (row["status"], row["state"].upper()) else "open",
        "acknowledged": row["status"] in ("ACKNOWLEDGED", "MITIGATED"),
        "isSeen": row["acknowledged_by"] is not None,
        "tags": [f"{name}:{value}" for name, value in labels.items()],
        "snoozed": False,
        "count": row["fire_count"],
        "lastOccurredAt": row["last_fired_at"],
        "createdAt": row["created_at"],
        "updatedAt": row["last_fired_at"],
        "source": row["source"],
        "owner": row["acknowledged_by"] or "",
        "priority": f"P{Severity(row['severity']).rank}",
        "responders": [],
    }


def single(row: Mapping[str, Any]) -> dict[str, Any]:
    """An alert alone: with what it says at length."""
    return listed(row) | {
        "description": row["description"] or "",
        "details": row["labels"] or {},
        "entity": (row["labels"] or {}).get("entity", ""),
        "actions": [],
    }
