"""`rules`, against the running product."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import yaml

from tests.cli.conftest import Tocsin
from tests.cli.support import FakeTocsin

DOCUMENTATION = Path(__file__).parents[2] / "docs" / "intake.md"
RULE = """
when: labels.app == "pay"
set:
  service_name: billing-worker
  severity: SEV2_HIGH
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "rule.yaml"
    path.write_text(RULE)
    return path


@pytest.fixture
def sender(api: httpx.Client) -> Iterator[dict[str, Any]]:
    made = api.post("/sources/", json={"name": f"cli-{uuid4().hex[:8]}", "kind": "generic"}).json()
    yield made
    api.delete(f"/sources/{made['id']}/")


def send(api: httpx.Client, sender: dict[str, Any], **labels: str) -> dict[str, Any]:
    body = {"title": "Down", "service": "search", "severity": "P3", "labels": labels, "dedup_key": uuid4().hex}
    path = f"/alerts/generic/?token={sender['key']}"
    return dict(api.post(path, json=body, headers={"Authorization": ""}).json()["results"][0])


@pytest.mark.usefixtures("running")
def test_listed_in_their_order(tocsin: Tocsin, api: httpx.Client) -> None:
    name = f"rule-{uuid4().hex[:8]}"
    body = {"name": name, "position": 3, "when": 'labels.app == "none"', "then": "drop", "set": {"title": "x"}}
    made = api.post("/rules/", json=body).json()
    for arguments in (("rules",), ("rules", "list")):
        (line,) = [line for line in tocsin(*arguments).stdout.splitlines() if name in line]
        assert line.split() == ["3", name, "any", "active", "labels.app", "==", '"none"', "drop", "title=x"]
    assert made in json.loads(tocsin("rules", "--json").stdout)["items"]
    api.delete(f"/rules/{made['id']}/")


@pytest.mark.usefixtures("running")
def test_tried_on_a_recorded_alert(tocsin: Tocsin, api: httpx.Client, sender: dict[str, Any], file: Path) -> None:
    alert = send(api, sender, app="pay")
    tried = tocsin("rules", "try", str(file), "--alert", alert["alert_id"])
    assert (tried.exit_code, tried.stderr) == (0, "")
    lines = [" ".join(line.split()) for line in tried.stdout.splitlines()]
    assert lines[0] == "The rule holds and decides."
    assert "service search billing-worker" in lines and "severity SEV3_MEDIUM SEV2_HIGH" in lines
    assert "title Down =" in lines
    other = send(api, sender, app="shop")
    assert "does not hold" in tocsin("rules", "try", str(file), "--alert", other["alert_id"]).stdout
    trial = json.loads(tocsin("rules", "try", str(file), "--alert", alert["alert_id"], "--json").stdout)
    assert trial["after"]["service"] == "billing-worker"
    assert tocsin("rules", "try", str(file), "--alert", str(uuid4())).exit_code == 1


@pytest.mark.usefixtures("running")
def test_replayed_over_what_was_received(tocsin: Tocsin, api: httpx.Client, sender: dict[str, Any], file: Path) -> None:
    for app in ("pay", "pay", "shop"):
        send(api, sender, app=app)
    file.write_text("when: labels.app == 'pay'\nthen: drop\n")
    arguments = ("rules", "replay", str(file), "--days", "1", "--source", sender["name"])
    replayed = tocsin(*arguments)
    assert (replayed.exit_code, replayed.stderr) == (0, "")
    lines = [" ".join(line.split()) for line in replayed.stdout.splitlines()]
    assert lines[0].startswith("3 alerts since ") and lines[0].endswith("; 2 would differ.")
    assert {"incidents 3 1 -2", "alerts new 3 1 -2", "alerts dropped 0 2 +2"} <= set(lines)
    assert "- 2 alerts are dropped instead of part of an incident" in lines
    assert json.loads(tocsin(*arguments, "--json").stdout)["changed"] == 2


def test_the_rules_of_the_documentation_hold_what_it_says(api: httpx.Client) -> None:
    (examples,) = re.findall(r"```yaml\n(.*?)```", DOCUMENTATION.read_text(), re.DOTALL)
    for rule in yaml.safe_load_all(examples):
        if "source" in rule:
            api.post("/sources/", json={"name": rule["source"], "kind": "alertmanager"})
        made = api.post("/rules/", json=rule)
        assert made.status_code == 201, made.text
        api.delete(f"/rules/{made.json()['id']}/")


@pytest.mark.usefixtures("running")
def test_a_wrong_rule_is_status_1(tocsin: Tocsin, file: Path) -> None:
    file.write_text("when: nope(")
    result = tocsin("rules", "replay", str(file))
    assert (result.exit_code, result.stdout) == (1, "") and "rule.when" in result.stderr


@pytest.mark.parametrize("content", ["[1]", "just text", "a: [", None])
def test_a_file_without_a_rule_is_status_2(
    product: FakeTocsin, tocsin: Tocsin, tmp_path: Path, content: str | None
) -> None:
    path = tmp_path / "rule.yaml"
    if content is not None:
        path.write_text(content)
    result = tocsin("rules", "try", str(path), "--alert", str(uuid4()))
    assert result.exit_code == 2 and str(path) in result.stderr
    assert (
        tocsin("rules", "try", str(path)).exit_code == tocsin("rules", "try", str(path), "--alert", "1").exit_code == 2
    )
    assert product.requests == []
