"""`/healthz`, `/readyz`, `/metrics`: outside `/api/v1`, for machines."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST

from api.exposition import exposition
from api.requests import Parts

router = APIRouter(tags=["health"])


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """The process lives."""
    return {"status": "ok"}


@router.get("/readyz")
async def readyz(parts: Parts) -> JSONResponse:
    """What works: 503 only when the database cannot be reached."""
    health = await parts.watch.look()
    body = {
        "status": health.status,
        "checks": {
            "database": _word(health.database),
            "temporal": _word(health.temporal),
            "workers": _word(health.workers > 0),
        },
        "workers": health.workers,
        "outbox": {
            "oldest_age_seconds": round(health.outbox_age_seconds, 3),
            "urgent_age_seconds": round(health.urgent_age_seconds, 3),
            "status": "red" if health.outbox_is_red else "ok",
        },
        "warning": health.warning,
    }
    return JSONResponse(body, 200 if health.database else 503)


@router.get("/metrics")
async def metrics(parts: Parts, request: Request) -> Response:
    """For Prometheus."""
    return Response(await exposition(parts, request.app.state.meters), media_type=CONTENT_TYPE_LATEST)


def _word(works: bool) -> str:
    return "ok" if works else "failed"
