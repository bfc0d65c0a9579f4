"""Finding the product: address, token, and what happens when nobody answers."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Tocsin
from tests.cli.support import FakeTocsin, give_time, page
from tests.support.ports import free_port


def test_nobody_listens(tocsin: Tocsin, monkeypatch: pytest.MonkeyPatch) -> None:
    address = f"http://127.0.0.1:{free_port()}"
    monkeypatch.setenv("TOCSIN_API_URL", address)
    result = tocsin("list")
    assert result.exit_code == 3
    assert result.stdout == ""
    assert f"cannot be reached at {address}" in result.stderr
    assert "TOCSIN_API_URL" in result.stderr


def test_somebody_listens_and_never_answers(tocsin: Tocsin, monkeypatch: pytest.MonkeyPatch) -> None:
    give_time(monkeypatch, 0.2)
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        monkeypatch.setenv("TOCSIN_API_URL", f"http://127.0.0.1:{deaf.getsockname()[1]}")
        assert tocsin("ack", "INC-42").exit_code == 3


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_proxy_without_its_product(product: FakeTocsin, tocsin: Tocsin, status: int) -> None:
    product.on("GET", "/incidents/", (status, "<h1>Bad gateway</h1>"))
    assert tocsin("list").exit_code == 3


@pytest.mark.parametrize(("status", "body"), [(401, "no"), (404, {}), (500, "<h1>oops</h1>"), (200, "<h1>hello</h1>")])
def test_other_answers_are_refusals_with_a_reason(
    product: FakeTocsin, tocsin: Tocsin, status: int, body: object
) -> None:
    product.on("GET", "/incidents/", (status, body))
    result = tocsin("list")
    assert result.exit_code == 1
    assert result.stderr.strip()


def test_a_running_dev_is_found_through_its_home(
    product: FakeTocsin, tocsin: Tocsin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TOCSIN_API_URL", "TOCSIN_TOKEN"):
        monkeypatch.delenv(name)
    home = tmp_path / ".tocsin"
    home.mkdir()
    (home / "embedded.json").write_text(json.dumps({"api_url": product.url, "token": "from the home"}))
    product.on("GET", "/incidents/", (200, page()))
    assert tocsin("list").exit_code == 0
    assert product.requests[0].token == "Bearer from the home"


def test_the_operators_token_serves_where_no_other_is_set(
    product: FakeTocsin, tocsin: Tocsin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TOCSIN_TOKEN")
    monkeypatch.setenv("TOCSIN_ADMIN_TOKEN", "operator")
    product.on("GET", "/incidents/", (200, page()))
    tocsin("list")
    assert product.requests[0].token == "Bearer operator"


def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(
    product: FakeTocsin, tocsin: Tocsin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    product.on("GET", "/incidents/", (200, page()))
    assert tocsin("list").exit_code == 0


def test_a_wrong_setting_is_wrong_usage(tocsin: Tocsin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_API_PORT", "many")
    result = tocsin("list")
    assert result.exit_code == 2
    assert "TOCSIN_API_PORT" in result.stderr


@pytest.mark.parametrize("arguments", [("db", "upgrade"), ("db",)])
def test_without_a_database_there_is_nothing_to_upgrade(tocsin: Tocsin, arguments: tuple[str, ...]) -> None:
    assert tocsin(*arguments).exit_code == 2


def test_a_database_that_is_away_is_status_3(tocsin: Tocsin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_DATABASE_URL", f"postgresql://nobody@127.0.0.1:{free_port()}/none")
    result = tocsin("db", "upgrade")
    assert result.exit_code == 3
    assert "database cannot be reached" in result.stderr


def test_the_installed_command_is_this_one(product: FakeTocsin) -> None:
    product.on("GET", "/incidents/", (200, page()))
    program = Path(sys.executable).parent / "tocsin"
    done = subprocess.run([program, "list", "--json"], capture_output=True, text=True, timeout=180, check=False)
    assert (done.returncode, json.loads(done.stdout)) == (0, page())


def test_a_client_command_loads_neither_temporal_nor_database(product: FakeTocsin) -> None:
    product.on("GET", "/incidents/", (200, page()))
    code = (
        "import sys\nfrom typer.testing import CliRunner\nfrom cli.app import app\n"
        "assert CliRunner().invoke(app, ['list']).exit_code == 0\n"
        "heavy = {'temporalio', 'sqlalchemy', 'psycopg', 'fastapi', 'alembic'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stderr
