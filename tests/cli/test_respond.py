"""`ack`, `mitigate`, `resolve`, `note` by REST."""

from typing import Any

import pytest

from tests.cli.conftest import Tocsin
from tests.cli.support import FakeTocsin, incident, problem

COMMANDS = [
    (("ack", "INC-42", "--note", "mine"), "acknowledge", {"note": "mine"}),
    (("mitigate", "INC-42"), "mitigate", {}),
    (
        ("resolve", "INC-42", "--note", "rolled back", "--root-cause", "a bad deploy"),
        "resolve",
        {"resolution_note": "rolled back", "root_cause": "a bad deploy"},
    ),
    (("note", "INC-42", "looking at it"), "comments", {"text": "looking at it"}),
    (("snooze", "INC-42", "30m", "--note", "lunch"), "snooze", {"seconds": 1800, "note": "lunch"}),
    (("snooze", "INC-42", "--until", "2027-01-01T09:00:00Z"), "snooze", {"until": "2027-01-01T09:00:00Z"}),
    (("reassign", "INC-42", "bo@example.com"), "reassign", {"to": "bo@example.com"}),
    (("unack", "INC-42"), "unacknowledge", {}),
    (
        ("page", "INC-42", "bo@example.com", "cy@example.com"),
        "responders",
        {"people": ["bo@example.com", "cy@example.com"]},
    ),
    (("accept", "INC-42"), "responders/accept", {}),
    (("decline", "INC-42", "--note", "on a train"), "responders/decline", {"note": "on a train"}),
]


@pytest.mark.parametrize(("arguments", "path", "body"), COMMANDS)
def test_a_command_is_sent_and_confirmed(
    product: FakeTocsin, tocsin: Tocsin, arguments: tuple[str, ...], path: str, body: dict[str, Any]
) -> None:
    answer = incident(status="MITIGATED", snoozed_until=None, responders={})
    product.on("POST", f"/incidents/INC-42/{path}/", (200, answer))
    result = tocsin(*arguments)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "INC-42" in result.stdout
    assert product.requests[0].body == body


@pytest.mark.parametrize(("arguments", "path", "body"), COMMANDS)
def test_a_queued_command_says_so(
    product: FakeTocsin, tocsin: Tocsin, arguments: tuple[str, ...], path: str, body: dict[str, Any]
) -> None:
    product.on("POST", f"/incidents/INC-42/{path}/", (202, incident()))
    result = tocsin(*arguments)
    assert result.exit_code == 0
    assert "is queued" in result.stdout


def test_acknowledging_second_names_the_first_and_when(product: FakeTocsin, tocsin: Tocsin) -> None:
    at = "2026-11-21T03:12:44.120000Z"
    answer = incident(status="ACKNOWLEDGED", acknowledged_by="bo@example.com", acknowledged_at=at)
    product.on("POST", "/incidents/INC-42/acknowledge/", (200, answer))
    assert tocsin("ack", "INC-42").stdout == "INC-42 is ACKNOWLEDGED by bo@example.com since 2026-11-21 03:12:44 UTC.\n"


def test_the_severity_is_amended(product: FakeTocsin, tocsin: Tocsin) -> None:
    product.on("PATCH", "/incidents/INC-42/", (200, incident(severity="SEV1_CRITICAL")))
    assert tocsin("severity", "INC-42", "sev1").stdout == "INC-42 is SEV1_CRITICAL.\n"
    assert product.requests[0].body == {"severity": "SEV1_CRITICAL"}


def test_a_snooze_is_either_so_long_or_until_an_instant(tocsin: Tocsin) -> None:
    for arguments in ((), ("30m", "--until", "2027-01-01T09:00:00Z")):
        assert tocsin("snooze", "INC-42", *arguments).exit_code == 2


def test_an_incident_can_be_named_by_its_id(product: FakeTocsin, tocsin: Tocsin) -> None:
    identity = incident()["id"]
    product.on("POST", f"/incidents/{identity}/mitigate/", (200, incident(status="MITIGATED")))
    assert tocsin("mitigate", identity.upper()).stdout == "INC-42 is MITIGATED.\n"


def test_what_the_state_forbids_is_status_1(product: FakeTocsin, tocsin: Tocsin) -> None:
    product.on("POST", "/incidents/INC-42/resolve/", (409, problem(409, "INC-42 is already RESOLVED")))
    result = tocsin("resolve", "INC-42")
    assert (result.exit_code, result.stderr) == (1, "INC-42 is already RESOLVED\n")


MERGED = incident(status="RESOLVED", resolution_note="Merged into INC-3")
ALERTS = ("019a0000-0000-7000-8000-00000000000a", "019a0000-0000-7000-8000-00000000000b")


def test_merge_says_where_to(product: FakeTocsin, tocsin: Tocsin) -> None:
    product.on("POST", "/incidents/INC-42/merge/", (200, MERGED))
    result = tocsin("merge", "inc-42", "inc-3", "--note", "the same switch")
    assert result.stdout == "INC-42 is RESOLVED: Merged into INC-3.\n"
    assert product.requests[0].body == {"into": "INC-3", "note": "the same switch"}


def test_a_merge_that_is_queued_says_so(product: FakeTocsin, tocsin: Tocsin) -> None:
    product.on("POST", "/incidents/INC-42/merge/", (202, incident()))
    assert "merge is queued" in tocsin("merge", "INC-42", "INC-3").stdout


def test_a_merge_into_nothing_is_status_1_and_no_name_is_status_2(product: FakeTocsin, tocsin: Tocsin) -> None:
    product.on("POST", "/incidents/INC-42/merge/", (409, problem(409, "INC-3 is already RESOLVED")))
    result = tocsin("merge", "INC-42", "INC-3")
    assert (result.exit_code, result.stderr) == (1, "INC-3 is already RESOLVED\n")
    assert tocsin("merge", "INC-42").exit_code == tocsin("merge", "INC-42", "three").exit_code == 2


@pytest.mark.parametrize(("alerts", "said"), [(ALERTS[:1], "1 alert is"), (ALERTS, "2 alerts are")])
def test_split_names_the_new_incident(product: FakeTocsin, tocsin: Tocsin, alerts: tuple[str, ...], said: str) -> None:
    product.on("POST", "/incidents/INC-42/split/", (201, incident(short_id="INC-43", title="The disk [sda]")))
    result = tocsin("split", "INC-42", *alerts, "--title", "The disk [sda]")
    assert result.stdout == f"{said} in INC-43 now: The disk [sda]\n"
    assert product.requests[0].body == {"alerts": list(alerts), "title": "The disk [sda]"}


def test_split_takes_ids_and_at_least_one(product: FakeTocsin, tocsin: Tocsin) -> None:
    assert tocsin("split", "INC-42").exit_code == tocsin("split", "INC-42", "first").exit_code == 2
    assert product.requests == []


def test_an_actor_is_only_for_temporal(product: FakeTocsin, tocsin: Tocsin) -> None:
    assert tocsin("ack", "INC-42", "--actor", "ana@example.com").exit_code == 2
    assert product.requests == []
