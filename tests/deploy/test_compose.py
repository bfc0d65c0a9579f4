"""docker-compose.yml and what it mounts. No container runs here: what can be read is checked."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.settings import Settings
from workflows.search_attributes import ALL

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ONE_SHOTS = {"migrate", "temporal-schema", "temporal-namespace"}
SCRIPTS = sorted((ROOT / "deploy").rglob("*.sh"))


@pytest.mark.parametrize("name", SERVICES)
def test_whom_a_service_waits_for_exists_and_can_be_waited_for(name: str) -> None:
    for other, wait in SERVICES[name].get("depends_on", {}).items():
        assert other in SERVICES
        if wait["condition"] == "service_healthy":
            assert "healthcheck" in SERVICES[other]
        else:
            assert wait["condition"] == "service_completed_successfully"
            assert other in ONE_SHOTS


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_mounts_exists(name: str) -> None:
    for mount in SERVICES[name].get("volumes", []):
        source = mount.split(":")[0]
        if source.startswith("./"):
            assert (ROOT / source).is_file()
        else:
            assert source in COMPOSE["volumes"]


@pytest.mark.parametrize("name", SERVICES)
def test_only_one_shots_stay_down(name: str) -> None:
    restart = SERVICES[name].get("restart", "no")
    assert (restart == "no") is (name in ONE_SHOTS)


def test_the_processes_of_tocsin_are_all_there() -> None:
    commands = [service["command"] for service in SERVICES.values() if service["image"] == "tocsin"]
    assert sorted(commands) == [["api"], ["db", "upgrade"], ["worker"], ["worker"]]


def test_every_variable_of_tocsin_is_a_setting() -> None:
    known = {f"TOCSIN_{name}".upper() for name in Settings.model_fields}
    given = {name for name in SERVICES["api"]["environment"] if name.startswith("TOCSIN_")}
    assert given <= known


def test_the_database_is_the_one_that_is_made() -> None:
    made = SERVICES["postgres"]["environment"]
    url = f"postgresql://{made['POSTGRES_USER']}:{made['POSTGRES_PASSWORD']}@postgres:5432/{made['POSTGRES_DB']}"
    assert SERVICES["api"]["environment"]["TOCSIN_DATABASE_URL"] == url


def test_the_search_attributes_are_those_of_the_workflow() -> None:
    script = (ROOT / "deploy/temporal/namespace.sh").read_text()
    assert re.findall(r"--name (\w+) --type Keyword", script) == [key.name for key in ALL]


def test_the_dynamic_configuration_lies_where_the_server_looks() -> None:
    server = SERVICES["temporal"]
    (mount,) = server["volumes"]
    source, target, _ = mount.split(":")
    assert target == f"/etc/temporal/{server['environment']['DYNAMIC_CONFIG_FILE_PATH']}"
    assert yaml.safe_load((ROOT / source).read_text()) == {}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_the_scripts_can_be_parsed(script: Path) -> None:
    subprocess.run(["sh", "-n", script], check=True)


def test_the_image_has_every_room() -> None:
    allowed = {line.removeprefix("!") for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] == "!"}
    pyproject = (ROOT / "pyproject.toml").read_text()
    listed = re.search(r"only-include = \[(.*?)\]", pyproject, re.DOTALL)
    assert listed
    assert set(re.findall(r'"([^"]+)"', listed[1])) <= allowed
    assert all((ROOT / name).exists() for name in allowed)
