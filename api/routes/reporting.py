"""`POST /incidents/`, alone and in batches: the doors through which alerts come that say what they are."""

import json
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError

from api.container import Container
from api.problems import Problem, of_validation
from api.requests import DirectRoute, caller_of, json_of, parts_of, takes
from api.responses import json_response
from api.schemas import AlertIn, BatchIn, incident_out
from api.scopes import require_scopes
from db import incidents as reading
from db.idempotency import KeyReused
from domain.roles import Permission

router = APIRouter(prefix="/incidents", tags=["incidents"], route_class=DirectRoute)


@router.post("/", status_code=201, responses={200: {}}, openapi_extra=takes(AlertIn, header="Idempotency-Key"))
async def report(request: Request) -> Response:
    """Report an alert: 201 and a new incident, or 200 and the open one that it joined.

    With an `Idempotency-Key` of 1 to 255 characters the repetition of a request is answered as the first was.
    """
    parts, caller = parts_of(request), caller_of(request, Permission.RESPOND)
    raw = await request.body()
    body = AlertIn.model_validate(json_of(raw))
    await require_scopes(parts, body.impacted_scopes)
    key = request.headers.get("idempotency-key")
    if key is None:
        reported = await parts.intake.report(body.to_alert(), raw.decode())
        return _reported(reported.incident, reported.created, parts)
    if not 1 <= len(key) <= 255:
        raise Problem.of_field("Idempotency-Key", "must have 1 to 255 characters")
    try:
        replay = await parts.intake.report_once(body.to_alert(), raw.decode(), caller.id, key)
    except KeyReused as error:
        message = "was used before with another body; use a new key for a new alert"
        raise Problem.of_field("Idempotency-Key", message) from error
    async with parts.sessions() as session:
        row = await reading.find(session, replay.incident_id)
    assert row is not None
    return _reported(row, replay.status == 201, parts)


@router.post("/batch/", openapi_extra=takes(BatchIn))
async def report_batch(request: Request) -> Response:
    """Report up to 1,000 alerts; one that is wrong spoils only itself."""
    parts = parts_of(request)
    caller_of(request, Permission.RESPOND)
    body = BatchIn.model_validate(json_of(await request.body()))
    results: list[dict[str, Any]] = [{} for _ in body.alerts]
    good: list[tuple[int, AlertIn, str]] = []
    for number, item in enumerate(body.alerts):
        try:
            alert = AlertIn.model_validate(item)
            await require_scopes(parts, alert.impacted_scopes)
            good.append((number, alert, _raw(item)))
        except ValidationError as error:
            results[number] = _refused(of_validation(error.errors()))
        except Problem as problem:
            results[number] = _refused(problem)
    if good:
        reported = [(alert.to_alert(), raw) for _, alert, raw in good]
        for (number, *_), one in zip(good, await parts.intake.report_all(reported), strict=True):
            incident = _incident(one.incident, one.created, parts)
            results[number] = {"status": 201 if one.created else 200, "incident": incident}
    return json_response({"results": results})


def _reported(row: Any, created: bool, parts: Container) -> Response:
    return json_response(_incident(row, created, parts), 201 if created else 200)


def _incident(row: Any, created: bool, parts: Container) -> dict[str, Any]:
    incident = incident_out(row, parts.settings)
    return incident if created else incident | {"deduplicated": True}


def _raw(item: Any) -> str:
    """One item of a batch as JSON.

    Raises:
        Problem: it holds a number that is too large for JSON to say.
    """
    try:
        return json.dumps(item, allow_nan=False)
    except ValueError as error:
        raise Problem.of_field("body", "holds a number that is out of range") from error


def _refused(problem: Problem) -> dict[str, Any]:
    return {"status": problem.status, "problem": problem.body()}
