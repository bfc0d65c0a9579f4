"""Commands by REST: one handler behind every door, and the answer is the new state."""

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from tests.support.processes import Stack
from tests.support.servers import Addresses
from tests.support.waiting import wait_for

APIS = 2
"""API processes: what one has accepted the other must know."""

Make = Callable[..., dict[str, Any]]


def open_incident(api: httpx.Client, alert: Make, **changes: Any) -> dict[str, Any]:
    incident: dict[str, Any] = api.post("/incidents/", json=alert(**changes)).json()
    return incident


def events(api: httpx.Client, incident: dict[str, Any]) -> list[tuple[str, str]]:
    items = api.get(f"/incidents/{incident['id']}/events/?limit=500").json()["items"]
    return [(event["type"], event["message"]) for event in items]


def steps(api: httpx.Client, incident: dict[str, Any]) -> list[str]:
    items = api.get(f"/incidents/{incident['id']}/notifications/?limit=500").json()["items"]
    return [row["step"] for row in items]


@pytest.mark.parametrize("verb", ["PATCH", "POST"])
def test_the_forward_path(api: httpx.Client, alert: Make, verb: str) -> None:
    incident = open_incident(api, alert)
    path = f"/incidents/{incident['short_id']}"
    wait_for(lambda: "p1.created" in steps(api, incident))
    acknowledged = api.request(verb, f"{path}/acknowledge/", json={"note": "on it"})
    assert (acknowledged.status_code, acknowledged.json()["status"]) == (200, "ACKNOWLEDGED")
    assert acknowledged.json()["acknowledged_by"] == acknowledged.json()["lead"] == "admin@example.com"
    assert acknowledged.json()["mtta_seconds"] > 0
    mitigated = api.request(verb, f"{path}/mitigate/")
    assert (mitigated.status_code, mitigated.json()["status"]) == (200, "MITIGATED")
    body = {"note": "restarted", "root_cause": "out of memory"}
    resolved = api.request(verb, f"{path}/resolve/", json=body).json()
    assert (resolved["status"], resolved["resolution_note"], resolved["root_cause"]) == (
        "RESOLVED",
        "restarted",
        "out of memory",
    )
    assert resolved["mttr_seconds"] >= resolved["mtta_seconds"]
    assert [kind for kind, _ in events(api, incident)].count("STATUS_CHANGE") == 4
    wait_for(lambda: "resolved" in steps(api, incident))


def test_acknowledging_twice_says_by_whom(
    api: httpx.Client, alert: Make, as_role: Callable[[str], httpx.Client]
) -> None:
    incident = open_incident(api, alert)
    first = as_role("operator").patch(f"/incidents/{incident['id']}/acknowledge/").json()
    second = api.patch(f"/incidents/{incident['id']}/acknowledge/")
    assert second.status_code == 200
    assert second.json()["acknowledged_by"] == first["acknowledged_by"] != "admin@example.com"


def test_what_the_state_forbids_is_409(api: httpx.Client, alert: Make) -> None:
    incident = open_incident(api, alert, severity="SEV3_MEDIUM")
    path = f"/incidents/{incident['id']}"
    assert api.patch(f"{path}/mitigate/").status_code == 409
    assert api.patch(f"{path}/acknowledge/").status_code == 200
    assert api.patch(f"{path}/resolve/").status_code == 200
    for verb in ("acknowledge", "mitigate", "resolve", "escalate", "repair"):
        answer = api.post(f"{path}/{verb}/")
        assert answer.status_code == 409
        assert "RESOLVED" in answer.json()["detail"]


def test_a_note_is_always_welcome(api: httpx.Client, alert: Make) -> None:
    incident = open_incident(api, alert, severity="SEV4_LOW")
    assert api.post(f"/incidents/{incident['id']}/comments/", json={"text": "looking\n- disk"}).status_code == 200
    api.patch(f"/incidents/{incident['id']}/resolve/")
    assert api.post(f"/incidents/{incident['id']}/comments/", json={"text": "after the fact"}).status_code == 200
    notes = [text for kind, text in events(api, incident) if kind == "NOTE"]
    assert notes == ["looking\n- disk", "after the fact"]


def test_escalating_by_hand_pages_the_next_step(api: httpx.Client, alert: Make) -> None:
    incident = open_incident(api, alert)
    wait_for(lambda: "p1.r1.s1" in steps(api, incident))
    answer = api.post(f"/incidents/{incident['id']}/escalate/", json={"note": "nobody here"})
    assert answer.status_code == 200
    wait_for(lambda: "p1.r1.s2" in steps(api, incident))
    ahead = api.get(f"/incidents/{incident['id']}/plan/").json()["items"]
    assert ahead[0]["step"] == "p1.r1.s3"


def test_repair_of_what_is_complete_finishes_once_more_and_makes_nothing(api: httpx.Client, alert: Make) -> None:
    incident = open_incident(api, alert)

    def kinds() -> list[str]:
        return [kind for kind, _ in events(api, incident)]

    wait_for(lambda: "ORCHESTRATION_FINISHED" in kinds())
    assert api.post(f"/incidents/{incident['id']}/repair/").status_code == 200
    wait_for(lambda: kinds().count("ORCHESTRATION_FINISHED") == 2)
    assert kinds().count("DOCUMENT_CREATED") == kinds().count("WAR_ROOM_CREATED") == 1


def test_the_same_idempotency_key_acts_once(api: httpx.Client, alert: Make) -> None:
    incident = open_incident(api, alert, severity="SEV4_LOW")
    for _ in range(3):
        headers = {"Idempotency-Key": incident["id"]}
        answer = api.post(f"/incidents/{incident['id']}/comments/", json={"text": "once"}, headers=headers)
        assert answer.status_code == 200
    assert [text for kind, text in events(api, incident) if kind == "NOTE"] == ["once"]


def test_one_of_two_acknowledgements_wins(stack: Stack, api: httpx.Client, alert: Make) -> None:
    incident = open_incident(api, alert)
    clients = [stack.client(number) for number in (0, 1)]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda client: client.patch(f"/incidents/{incident['id']}/acknowledge/"), clients))
    assert [answer.status_code for answer in answers] == [200, 200]
    assert [text for kind, text in events(api, incident) if text.startswith("Acknowledged")] == [
        "Acknowledged by admin@example.com"
    ]


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        ("viewer", []),
        ("operator", ["comments", "acknowledge"]),
        ("responder", ["comments", "escalate", "repair", "mitigate", "resolve", "acknowledge"]),
    ],
)
def test_who_may_do_what(
    api: httpx.Client, alert: Make, as_role: Callable[[str], httpx.Client], role: str, allowed: list[str]
) -> None:
    incident = open_incident(api, alert)
    client = as_role(role)
    done = [
        verb
        for verb in ("comments", "escalate", "repair", "mitigate", "resolve", "acknowledge")
        if client.post(f"/incidents/{incident['id']}/{verb}/", json={"text": "x"}).status_code != 403
    ]
    assert done == allowed
    assert client.get(f"/incidents/{incident['id']}/").status_code == 200


def test_temporals_own_command_line_acknowledges_without_input(
    api: httpx.Client,
    alert: Make,
    addresses: Addresses,
    stack: Stack,
    database: psycopg.Connection[Any],
) -> None:
    incident = open_incident(api, alert, drill={"time_scale": 60})
    wait_for(lambda: "p1.r1.s1" in steps(api, incident))
    line = [
        str(Path(sys.executable).parent / "temporal"),
        *("workflow", "signal", "--address", addresses.temporal, "--namespace", stack.namespace),
        *("--workflow-id", incident["workflow_id"], "--name", "acknowledge"),
    ]
    subprocess.run(line, check=True, capture_output=True, timeout=60)
    now = wait_for(lambda: (row := api.get(f"/incidents/{incident['id']}/").json())["status"] == "ACKNOWLEDGED" and row)
    assert now["acknowledged_by"] == "temporal"
    # The time of the next step, in seconds after the first one, has to pass for the silence to mean something.
    climbed = "SELECT extract(epoch FROM %s::timestamptz - ladder_started_at) FROM incidents WHERE id = %s"
    at = database.execute(climbed, (now["acknowledged_at"], incident["id"])).fetchone()
    assert at is not None
    due, step = next((due, step) for step, due in ((2, 5), (3, 15), (4, 30), (5, 60)) if due > at[0])
    passed = "SELECT clock_timestamp() > ladder_started_at + make_interval(secs => %s) FROM incidents WHERE id = %s"
    wait_for(lambda: (row := database.execute(passed, (due + 1, incident["id"])).fetchone()) and row[0])
    assert f"p1.r1.s{step}" not in steps(api, incident)


def test_signals_by_hand_take_an_object(api: httpx.Client, alert: Make, addresses: Addresses, stack: Stack) -> None:
    incident = open_incident(api, alert, severity="SEV4_LOW")
    wait_for(lambda: "ORCHESTRATION_FINISHED" in [kind for kind, _ in events(api, incident)])
    line = [
        str(Path(sys.executable).parent / "temporal"),
        *("workflow", "signal", "--address", addresses.temporal, "--namespace", stack.namespace),
        *("--workflow-id", incident["workflow_id"], "--name", "resolve"),
        *("--input", '{"actor": "bo@example.com", "note": "by hand", "nonsense": 5}'),
    ]
    subprocess.run(line, check=True, capture_output=True, timeout=60)
    now = wait_for(lambda: (row := api.get(f"/incidents/{incident['id']}/").json())["status"] == "RESOLVED" and row)
    assert (now["resolved_by"], now["resolution_note"], now["lead"]) == ("bo@example.com", "by hand", "bo@example.com")


def test_an_idempotency_key_is_good_for_one_command_of_each_kind_to_each_incident(
    api: httpx.Client, alert: Make
) -> None:
    """Found by a reviewer: the key of one incident's command swallowed another's."""
    first, second = open_incident(api, alert), open_incident(api, alert)
    key = {"Idempotency-Key": first["id"]}
    for incident in (first, second):
        answer = api.patch(f"/incidents/{incident['id']}/acknowledge/", headers=key)
        assert (answer.status_code, answer.json()["status"]) == (200, "ACKNOWLEDGED")
    answer = api.patch(f"/incidents/{first['id']}/resolve/", headers=key)
    assert (answer.status_code, answer.json()["status"]) == (200, "RESOLVED")


def test_a_signal_that_is_hardly_json_still_acknowledges(
    api: httpx.Client, alert: Make, addresses: Addresses, stack: Stack
) -> None:
    incident = open_incident(api, alert, severity="SEV4_LOW")
    wait_for(lambda: "ORCHESTRATION_FINISHED" in [kind for kind, _ in events(api, incident)])
    line = [
        str(Path(sys.executable).parent / "temporal"),
        *("workflow", "signal", "--address", addresses.temporal, "--namespace", stack.namespace),
        *("--workflow-id", incident["workflow_id"], "--name", "acknowledge", "--input", '{"note": "\\ud800"}'),
    ]
    subprocess.run(line, check=True, capture_output=True, timeout=60)
    wait_for(lambda: api.get(f"/incidents/{incident['id']}/").json()["status"] == "ACKNOWLEDGED")
