"""While the database is away nothing is answered as if it had been accepted, in each vendor's shape."""

from uuid import uuid4

import httpx

from api.app import create_app
from api.container import open_container
from config.settings import Settings
from db.engine import Sessions
from db.models import Source, new_id
from db.tokens import hash_token
from tests.support.pagerduty import ENQUEUE, event


async def test_without_a_database_a_client_is_told_to_try_again(settings: Settings, sessions: Sessions) -> None:
    key = uuid4().hex
    async with sessions.begin() as session:
        session.add(Source(id=new_id(), name=key, kind="pagerduty", key_hash=hash_token(key), key_hint=key[-4:]))
    app = create_app(settings)
    async with open_container(settings) as parts:
        app.state.container = parts
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://tocsin.test") as client:
            assert (await client.post(ENQUEUE, json=event(key))).status_code == 202
            await parts.intake_pool.close()
            assert (await client.post(ENQUEUE, json=event(key))).status_code == 503
            genie = await client.post("/v2/alerts", json={"message": "x"}, headers={"Authorization": f"GenieKey {key}"})
            assert genie.status_code == 503
