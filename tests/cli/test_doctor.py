"""`doctor`: what it says of API, token, database and clock."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from cli.dev.postgres import Postgres
from tests.cli.conftest import Tocsin
from tests.cli.support import FakeTocsin, page, problem
from tests.support.ports import free_port

READY = {"status": "ok", "checks": {"database": "ok", "temporal": "ok", "workers": "ok"}}


@pytest.fixture(autouse=True)
def no_temporal(bare: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", f"127.0.0.1:{free_port()}")


def _checks(tocsin: Tocsin) -> dict[str, Any]:
    """The checks by name; Temporal is away, so the doctor is never content."""
    result = tocsin("doctor", "--json")
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert report["ok"] is False
    for check in report["checks"]:
        assert check["ok"] is (check["advice"] is None), "a fault, and only a fault, comes with advice"
    return {check["check"]: check for check in report["checks"]}


def test_a_healthy_api(product: FakeTocsin, tocsin: Tocsin) -> None:
    product.on("GET", "/readyz", (200, READY))
    product.on("GET", "/incidents/", (200, page()))
    checks = _checks(tocsin)
    assert checks["api"]["ok"] is True
    assert checks["token"]["ok"] is True
    assert "tocsin" in checks["versions"]["found"]
    assert checks["temporal"]["ok"] is False


def test_a_degraded_api_and_a_wrong_token(product: FakeTocsin, tocsin: Tocsin) -> None:
    product.on("GET", "/readyz", (200, {"status": "degraded", "checks": {"workers": "none polls"}}))
    product.on("GET", "/incidents/", (401, problem(401, "This token is not known")))
    checks = _checks(tocsin)
    assert "workers: none polls" in checks["api"]["found"]
    assert checks["token"]["found"] == "This token is not known"
    assert "TOCSIN_TOKEN" in checks["token"]["advice"]


def test_something_else_listens(product: FakeTocsin, tocsin: Tocsin) -> None:
    product.on("GET", "/readyz", (200, "<h1>hello</h1>"))
    assert "TOCSIN_API_URL" in _checks(tocsin)["api"]["advice"]


def test_nothing_is_there(tocsin: Tocsin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_DATABASE_URL", f"postgresql://nobody@127.0.0.1:{free_port()}/none")
    monkeypatch.setenv("TOCSIN_API_URL", f"http://127.0.0.1:{free_port()}")
    result = tocsin("doctor")
    assert result.exit_code == 1
    assert "→ start it, or correct TOCSIN_DATABASE_URL" in result.stdout
    assert "→ start it, or correct TEMPORAL_ADDRESS" in result.stdout
    assert "→ start `tocsin api`" in result.stdout


def test_no_database_is_named(tocsin: Tocsin) -> None:
    assert "TOCSIN_DATABASE_URL" in _checks(tocsin)["database"]["found"]


def test_a_database_before_and_after_its_migrations(
    postgres: Postgres, tocsin: Tocsin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_DATABASE_URL", postgres.url)
    checks = _checks(tocsin)
    assert checks["database"]["ok"] is True
    assert checks["schema"]["advice"] == "run `tocsin db upgrade`"
    assert checks["clock"]["ok"] is True
    done = tocsin("db", "upgrade")
    assert (done.exit_code, done.stderr) == (0, "")
    assert _checks(tocsin)["schema"]["ok"] is True


def test_a_clock_that_is_wrong(postgres: Postgres, tocsin: Tocsin, monkeypatch: pytest.MonkeyPatch) -> None:
    class Fast(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime.now(tz) + timedelta(hours=1)

    monkeypatch.setenv("TOCSIN_DATABASE_URL", postgres.url)
    monkeypatch.setattr("cli.checks.database.datetime", Fast)
    clock = _checks(tocsin)["clock"]
    apart = float(clock["found"].split()[0])
    assert 3500 < apart <= 3600, "less what the question took to arrive"
    assert "NTP" in clock["advice"]
