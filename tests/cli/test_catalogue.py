"""`export`, `diff`, `apply`, `import`: the catalogue as files, against the running product."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import yaml

from tests.api.test_catalogue_files import put_back
from tests.cli.conftest import Tocsin
from tests.support.processes import Stack

HOUSE = """\
# People first
users:
  - email: gil@example.com
    name: Gil
teams:
  - name: Core
    members: [gil@example.com]
    channel: "#core"
services:
  - name: queue
    team: Core
    policy: ladder
"""
File = Callable[..., str]


@pytest.fixture(autouse=True)
def _as_it_was(database: psycopg.Connection[Any], api: httpx.Client) -> Iterator[None]:
    before = api.get("/catalogue/").json()
    yield
    put_back(api, before, database)


@pytest.fixture
def file(tmp_path: Path) -> File:
    """Write a file; its path."""

    def write(text: str, name: str = "house.yaml") -> str:
        path = tmp_path / name
        path.write_text(text)
        return str(path)

    return write


def test_apply_then_nothing_changes_then_diff(running: Stack, tocsin: Tocsin, file: File) -> None:
    path = file(HOUSE)
    first = tocsin("diff", path)
    assert first.exit_code == 0 and "+ services/queue" in first.stdout and "3 added" in first.stdout
    assert tocsin("diff", path, "--exit-code").exit_code == 1
    dry = tocsin("apply", path, "--dry-run")
    assert dry.exit_code == 0 and "if applied" in dry.stdout
    applied = tocsin("apply", path)
    assert applied.exit_code == 0 and "3 added, 0 changed, 0 removed." in applied.stdout
    assert tocsin("apply", path).stdout.strip() == "Nothing changes."
    assert tocsin("diff", path, "--exit-code").exit_code == 0
    changed = file(HOUSE.replace("policy: ladder", "policy: fast"))
    assert '    policy: "ladder" → "fast"' in tocsin("diff", changed).stdout
    services = file(HOUSE[HOUSE.index("services:") :], "services.yaml")
    pruned = json.loads(tocsin("diff", services, "--prune", "--json").stdout)["changes"]
    assert {"action": "removed", "kind": "services", "name": "search", "fields": []} in pruned


def test_what_is_exported_is_clean_and_applied_changes_nothing(running: Stack, tocsin: Tocsin, tmp_path: Path) -> None:
    for target in (tmp_path / "all.yaml", tmp_path / "folder"):
        assert tocsin("export", "--output", str(target)).exit_code == 0
        result = tocsin("apply", str(target), "--prune")
        assert (result.stdout.strip(), result.stderr) == ("Nothing changes.", "")
    assert {one.name for one in (tmp_path / "folder").iterdir()} >= {"users.yaml", "teams.yaml", "services.yaml"}
    text = tocsin("export").stdout
    assert text == (tmp_path / "all.yaml").read_text()
    assert "null" not in text and "password" not in text
    assert "is_active" not in text[text.index("\npolicies:") :], "what is at its default is left out, but of people"
    assert [one["name"] for one in yaml.safe_load(text)["services"]][:2] == ["Unknown/Triage", "billing-worker"]


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("team: Core", "team: Cor", 11, "there is no team 'Cor'"),
        ("[gil@example.com]", "[gal@example.com]", 7, "there is no user 'gal@example.com'"),
        ("policy: ladder", "colour: red", 12, "is no field here"),
        ("name: Gil", "name: [Gil]", 4, "string"),
        ('"#core"', "core", 8, "#sre-core"),
        ("services:", "planets:", 9, "'planets' is no kind of entry"),
        ("- name: queue", "- name: queue\n    name: twice", 11, "'name' is there twice"),
        ("    team: Core", "   team: Core", 11, "this is no YAML"),
        ("services:\n", "services: queue\nroutes:\n", 9, "services must be a list"),
    ],
)
def test_an_error_names_file_and_line(
    running: Stack, tocsin: Tocsin, file: File, old: str, new: str, line: int, words: str
) -> None:
    path = file(HOUSE.replace(old, new))
    for command in ("apply", "diff", "lint"):
        result = tocsin(command, path)
        assert result.exit_code == 1, result.output
        if command == "lint" and not result.stderr:  # what names nothing is a finding there
            assert f"{path}:" in result.stdout and words in result.stdout
        else:
            assert any(text.startswith(f"{path}:{line}:") and words in text for text in result.stderr.splitlines())
    assert tocsin("diff", file(HOUSE)).stdout.count("+ ") == 3


def test_the_same_entry_in_two_files(running: Stack, tocsin: Tocsin, file: File) -> None:
    one, two = file(HOUSE), file("services:\n  - {name: queue, team: Core}\n", "two.yaml")
    result = tocsin("apply", one, two)
    assert result.exit_code == 1
    assert result.stderr.strip() == f"{two}:2: services 'queue' is there twice: it is at {one}:10, too"


def test_plain_words_and_times_are_texts(running: Stack, tocsin: Tocsin, file: File) -> None:
    """What YAML 1.1 would make numbers, dates and booleans of."""
    schedule = """\
schedules:
  - name: on
    time_zone: Europe/Paris
    layers:
      - name: no
        rotations:
          - kind: daily
            start: 2026-01-05T09:00:00+01:00
            participants: [[ana@example.com]]
            restrictions:
              - {weekdays: [mon], from: 09:00, until: 17:00}
    holidays:
      - {date: 2026-12-25, name: yes}
"""
    assert tocsin("apply", file(schedule)).exit_code == 0
    found = json.loads(tocsin("export", "--json").stdout)["schedules"]
    one = next(one for one in found if one["name"] == "on")
    assert one["layers"][0]["name"] == "no" and one["holidays"][0]["name"] == "yes"
    assert one["layers"][0]["rotations"][0]["restrictions"][0]["until"] == "17:00"


def test_overrides_are_no_part_of_files(running: Stack, tocsin: Tocsin, file: File) -> None:
    text = "schedules:\n  - name: x\n    time_zone: UTC\n    layers: []\n    overrides: []\n"
    path = file(text)
    result = tocsin("apply", path)
    assert result.exit_code == 1 and result.stderr.startswith(f"{path}:5:")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("users: &a [*a]", "leads back to itself"),
        ("a: b: c", "no YAML"),
        ("- 1", "write kinds"),
        ("users: {", "no YAML"),
        ("users:\n  - ? [1]\n    : 2", "a key must be a word"),
        ("\x00", "no YAML"),
    ],
)
def test_odd_files_are_refused(tocsin: Tocsin, file: File, text: str, words: str) -> None:
    result = tocsin("apply", file(text))
    assert result.exit_code == 1 and words in result.stderr, result.output


def test_a_file_that_is_not_there(tocsin: Tocsin, tmp_path: Path) -> None:
    assert tocsin("apply", str(tmp_path / "none.yaml")).exit_code == 2
    assert tocsin("apply", str(tmp_path)).exit_code == 2
    assert tocsin("apply").exit_code == 2


def test_anchors_and_merges_are_understood(running: Stack, tocsin: Tocsin, file: File) -> None:
    text = """\
services:
  - &base {name: one, team: SRE Core, criticality: TIER_2}
  - {<<: *base, name: two}
"""
    assert tocsin("apply", file(text)).exit_code == 0
    found = {one["name"]: one for one in json.loads(tocsin("export", "--json").stdout)["services"]}
    assert found["two"]["criticality"] == "TIER_2"


def test_a_dump_of_another_tool_becomes_files(tocsin: Tocsin, file: File, tmp_path: Path) -> None:
    dump = {
        "users": [{"id": "U1", "name": "Ana", "email": "ana@example.com"}],
        "schedules": [],
        "escalation_policies": [],
    }
    target = tmp_path / "out.yaml"
    result = tocsin("import", "pagerduty", file(json.dumps(dump), "dump.json"), "--output", str(target))
    assert result.exit_code == 0, result.output
    assert yaml.safe_load(target.read_text())["users"][0]["email"] == "ana@example.com"
    assert tocsin("import", "goalert", file("[]", "list.json")).exit_code == 1
    assert tocsin("import", "goalert", file("{", "broken.json")).exit_code == 1
    assert tocsin("import", "goalert", str(tmp_path / "none.json")).exit_code == 2
    assert tocsin("import", "vendor", str(target)).exit_code == 2


def test_overrides_of_a_dump_are_requests_that_can_be_sent(
    running: Stack, tocsin: Tocsin, file: File, tmp_path: Path, api: httpx.Client
) -> None:
    users = [
        {"id": f"U{n}", "name": name, "email": f"{name.lower()}@example.com"} for n, name in enumerate(("Ana", "Bo"))
    ]
    layer = {
        "name": "L",
        "start": "2026-01-05T09:00:00Z",
        "rotation_virtual_start": "2026-01-05T09:00:00Z",
        "rotation_turn_length_seconds": 86400,
        "users": [{"user": {"id": "U0"}}],
    }
    override = {"start": "2199-01-05T09:00:00Z", "end": "2199-01-06T09:00:00Z", "user": {"id": "U1"}}
    schedule = {
        "id": "S1",
        "name": "Night/Day",
        "time_zone": "UTC",
        "schedule_layers": [layer],
        "overrides": [override],
    }
    dump = file(json.dumps({"users": users, "schedules": [schedule], "escalation_policies": []}), "dump.json")
    house, overrides = tmp_path / "house.yaml", tmp_path / "overrides.json"
    told = tocsin("import", "pagerduty", dump, "--output", str(house))
    assert told.exit_code == 0 and "override of Night/Day (replace bo@example.com" in told.stderr, told.output
    result = tocsin("import", "pagerduty", dump, "--output", str(house), "--overrides", str(overrides))
    assert result.exit_code == 0 and "1 override" in result.stderr and "did not fit: override" not in result.stderr
    assert tocsin("apply", str(house)).exit_code == 0
    for one in json.loads(overrides.read_text()):
        made = api.request(one["method"], one["path"].removeprefix("/api/v1"), json=one["body"])
        assert made.status_code == 201, made.text
    found = api.get("/schedules/Night%2FDay/on-call/", params={"at": "2199-01-05T12:00:00Z"}).json()
    assert found["users"] == ["bo@example.com"]
