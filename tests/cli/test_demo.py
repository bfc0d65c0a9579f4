"""`demo`, against a product that plays along."""

import re
from typing import Any

import pytest

from tests.cli.conftest import Tocsin
from tests.cli.support import FakeTocsin, Reply, Request, event, incident, page, problem

NEXT = {"acknowledge": "ACKNOWLEDGED", "mitigate": "MITIGATED", "resolve": "RESOLVED"}


class Play:
    """An incident that pages one more step at each look, and obeys commands."""

    def __init__(self, product: FakeTocsin) -> None:
        self.status = "TRIGGERED"
        self.looks = 0
        self.commands: list[str] = []
        services = page({"id": "1", "name": "Unknown/Triage"}, {"id": "2", "name": "checkout"})
        product.on("GET", "/services/", (200, services))
        product.on("POST", "/incidents/", (201, incident(drill={"time_scale": 60})))
        product.on("GET", "/incidents/INC-42/", lambda _: (200, incident(status=self.status)))
        product.on("GET", "/incidents/INC-42/events/", lambda _: (200, self.events()))
        product.on("GET", "/incidents/INC-42/notifications/", lambda _: (200, self.ledger()))
        for command in NEXT:
            product.on("POST", f"/incidents/INC-42/{command}/", self.obey)

    def events(self) -> dict[str, Any]:
        return page(*(event(n, "STATUS_CHANGE", name) for n, name in enumerate(["Triggered", *self.commands])))

    def ledger(self) -> dict[str, Any]:
        self.looks += 1
        steps = ["p1.created", *(f"p1.r1.s{n}" for n in range(1, self.looks))]
        return page(*({"step": step, "recipient": "ana@example.com", "status": "sent"} for step in steps))

    def obey(self, request: Request) -> Reply:
        command = request.path.split("/")[-2]
        self.commands.append(command)
        self.status = NEXT[command]
        return (202 if command == "mitigate" else 200), incident(status=self.status)


@pytest.fixture(autouse=True)
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("POLL_SECONDS", "READING_SECONDS", "LAST_WORDS_SECONDS"):
        monkeypatch.setattr(f"cli.demo.{name}", 0.01)


def test_the_demo_lives_an_incident_to_its_end(product: FakeTocsin, tocsin: Tocsin) -> None:
    play = Play(product)
    result = tocsin("demo")
    assert (result.exit_code, result.stderr) == (0, "")
    assert play.commands == ["acknowledge", "mitigate", "resolve"]
    assert play.looks == 3, "acknowledged once two rungs of the ladder had paged"
    declared = next(request.body for request in product.requests if request.method == "POST")
    assert declared["service_name"] == "checkout"
    assert declared["drill"] == {"time_scale": 60}
    entries = re.findall(r"STATUS_CHANGE +(\w+)", result.stdout)
    assert entries == ["Triggered", "acknowledge", "mitigate", "resolve"]
    assert "mitigate is queued" in result.stdout


def test_somebody_else_may_be_faster(product: FakeTocsin, tocsin: Tocsin) -> None:
    play = Play(product)
    play.status = "MITIGATED"
    assert tocsin("demo", "--service", "checkout").exit_code == 0
    assert play.commands == ["resolve"]


def test_a_demo_that_gets_nowhere_ends(product: FakeTocsin, tocsin: Tocsin, monkeypatch: pytest.MonkeyPatch) -> None:
    Play(product)
    product.on("GET", "/incidents/INC-42/notifications/", (200, page()))
    monkeypatch.setattr("cli.demo.PATIENCE_SECONDS", 0.1)
    result = tocsin("demo")
    assert result.exit_code == 1
    assert "tocsin doctor" in result.stderr


def test_without_a_service_there_is_no_demo(product: FakeTocsin, tocsin: Tocsin) -> None:
    product.on("GET", "/services/", (200, page()))
    assert tocsin("demo").exit_code == 1


def test_a_refused_declaration_is_told(product: FakeTocsin, tocsin: Tocsin) -> None:
    product.on("POST", "/incidents/", (403, problem(403, "This token may only read")))
    result = tocsin("demo", "--service", "checkout")
    assert (result.exit_code, result.stderr) == (1, "This token may only read\n")
