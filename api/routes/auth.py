"""`POST /auth/token`: e-mail and password for a token."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request

from api.problems import Problem
from api.requests import JsonRoute, Parts
from api.schemas import LoginIn
from api.sign_in import SIGN_IN
from config.passwords import password_matches
from db.access import SIGNED_IN, issue_token, user_by_email

router = APIRouter(prefix="/auth", tags=["auth"], route_class=JsonRoute)

LIFETIME = timedelta(hours=24)


@router.post("/token/")
async def token(body: LoginIn, request: Request, parts: Parts) -> dict[str, Any]:
    """A token that is good for 24 hours."""
    SIGN_IN.require(request.client.host if request.client else "unknown")
    async with parts.sessions.begin() as session:
        user = await user_by_email(session, body.email)
        stored = user.password_hash if user else None
        if not await asyncio.to_thread(password_matches, stored, body.password) or user is None:
            raise Problem(401, "E-mail address or password is wrong")
        issued = await issue_token(session, user.id, SIGNED_IN, datetime.now(UTC) + LIFETIME)
    seconds = int(LIFETIME.total_seconds())
    return {"access_token": issued, "token_type": "bearer", "expires_in": seconds}
