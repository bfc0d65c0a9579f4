"""`ack`, `mitigate`, `resolve`, `note` by REST."""

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
]


@pytest.mark.parametrize(("arguments", "path", "body"), COMMANDS)
def test_a_command_is_sent_and_confirmed(
    product: FakeTocsin, tocsin: Tocsin, arguments: tuple[str, ...], path: str, body: dict[str, str]
) -> None:
    product.on("POST", f"/incidents/INC-42/{path}/", (200, incident(status="MITIGATED")))
    result = tocsin(*arguments)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "INC-42" in result.stdout
    assert product.requests[0].body == body


@pytest.mark.parametrize(("arguments", "path", "body"), COMMANDS)
def test_a_queued_command_says_so(
    product: FakeTocsin, tocsin: Tocsin, arguments: tuple[str, ...], path: str, body: dict[str, str]
) -> None:
    product.on("POST", f"/incidents/INC-42/{path}/", (202, incident()))
    result = tocsin(*arguments)
    assert result.exit_code == 0
    assert "is queued" in result.stdout


def test_acknowledging_second_names_the_first(product: FakeTocsin, tocsin: Tocsin) -> None:
    answer = incident(status="ACKNOWLEDGED", acknowledged_by="bo@example.com")
    product.on("POST", "/incidents/INC-42/acknowledge/", (200, answer))
    assert tocsin("ack", "INC-42").stdout == "INC-42 is ACKNOWLEDGED by bo@example.com.\n"


def test_an_incident_can_be_named_by_its_id(product: FakeTocsin, tocsin: Tocsin) -> None:
    identity = incident()["id"]
    product.on("POST", f"/incidents/{identity}/mitigate/", (200, incident(status="MITIGATED")))
    assert tocsin("mitigate", identity.upper()).stdout == "INC-42 is MITIGATED.\n"


def test_what_the_state_forbids_is_status_1(product: FakeTocsin, tocsin: Tocsin) -> None:
    product.on("POST", "/incidents/INC-42/resolve/", (409, problem(409, "INC-42 is already RESOLVED")))
    result = tocsin("resolve", "INC-42")
    assert (result.exit_code, result.stderr) == (1, "INC-42 is already RESOLVED\n")


def test_an_actor_is_only_for_temporal(product: FakeTocsin, tocsin: Tocsin) -> None:
    assert tocsin("ack", "INC-42", "--actor", "ana@example.com").exit_code == 2
    assert product.requests == []
