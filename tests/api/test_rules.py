"""`/rules/`: kept, tried on alerts before they are saved, and replayed over what was received."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tests.support.problems import require_problem

Make = Callable[..., dict[str, Any]]


class Sender:
    """A source of its own."""

    def __init__(self, api: httpx.Client, **settings: Any) -> None:
        self._api = api
        self.name = f"sender-{uuid4().hex[:12]}"
        made = api.post("/sources/", json={"name": self.name, "kind": "generic", **settings})
        assert made.status_code == 201, made.text
        self.id, self.key = made.json()["id"], made.json()["key"]

    def send(self, **fields: Any) -> Any:
        body = {"title": "Down", "severity": "critical"} | fields
        answer = self._api.post(f"/alerts/generic/?token={self.key}", json=body, headers={"Authorization": ""})
        assert answer.status_code < 300, answer.text
        return answer.json()["results"][0]


@pytest.fixture
def rule(api: httpx.Client) -> Any:
    """Makes rules, which are gone after the test, for they hold for everybody's alerts."""
    made: list[str] = []

    def make(**fields: Any) -> Any:
        answer = api.post("/rules/", json={"name": f"rule-{uuid4().hex}"} | fields)
        assert answer.status_code == 201, answer.text
        made.append(answer.json()["id"])
        return answer.json()

    yield make
    for id in made:
        api.delete(f"/rules/{id}/")


def test_kept_changed_and_deleted(api: httpx.Client, rule: Make) -> None:
    sender = Sender(api)
    made = rule(
        source=sender.name,
        position=7,
        when='labels.app == "pay"',
        set={
            "service_name": "billing-worker",
            "labels": {"team": '="t-" + labels.app'},
            "threshold": {"count": 5, "seconds": 600},
        },
    )
    assert (made["source"], made["source_id"], made["position"], made["then"]) == (sender.name, sender.id, 7, "pass")
    assert made["set"]["threshold"] == {"count": 5, "seconds": 600}
    path = f"/rules/{made['id']}/"
    assert api.get(path).json() == made
    assert made in api.get("/rules/?limit=500").json()["items"]
    changed = api.patch(path, json={"then": "drop", "source": None, "set": {}}).json()
    assert changed == made | {"then": "drop", "source": None, "source_id": None, "set": {}}
    assert api.patch(path, json={"source": sender.id}).json()["source"] == sender.name
    require_problem(api.patch(path, json={"when": "nope"}), 422, "when")
    require_problem(api.patch(path, json=[]), 422)
    other = rule()
    require_problem(api.patch(path, json={"name": other["name"]}), 409, "name")
    require_problem(api.post("/rules/", json={"name": other["name"]}), 409, "name")
    assert api.delete(path).status_code == 204
    require_problem(api.get(path), 404)
    require_problem(api.delete(path), 404)


def test_pages_in_the_order_in_which_they_are_tried(api: httpx.Client, rule: Make) -> None:
    for position in (5, 3, 5, 4):
        rule(position=position)
    whole = api.get("/rules/?limit=500").json()["items"]
    assert [(one["position"], one["name"]) for one in whole] == sorted((one["position"], one["name"]) for one in whole)
    seen: list[Any] = []
    cursor = ""
    while cursor is not None:
        page = api.get(f"/rules/?limit=2{cursor and '&cursor='}{cursor}").json()
        seen += page["items"]
        cursor = page["next_cursor"]
    assert seen == whole
    for wrong in ("x", "WzVd", "WyItMSIsICJhIl0", "WyJ4IiwgImEiXQ"):
        require_problem(api.get(f"/rules/?cursor={wrong}"), 422, "cursor")


def test_who_may(api: httpx.Client, as_role: Callable[[str], httpx.Client]) -> None:
    body = {"name": f"rule-{uuid4().hex}", "when": "false"}
    for path, json in (
        ("", body),
        ("try/", {"rule": body, "source": "generic", "body": {}}),
        ("replay/", {"rule": body}),
    ):
        require_problem(as_role("responder").post(f"/rules/{path}", json=json), 403)
    assert as_role("viewer").get("/rules/").status_code == 200
    made = as_role("manager").post("/rules/", json=body)
    assert made.status_code == 201
    require_problem(as_role("responder").delete(f"/rules/{made.json()['id']}/"), 403)
    assert as_role("manager").delete(f"/rules/{made.json()['id']}/").status_code == 204


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"name": ""}, "name"),
    ({"name": 5}, "name"),
    ({"name": "a\x00"}, "name"),
    ({"name": "x" * 256}, "name"),
    ({"source": "nobody"}, "source"),
    ({"source": str(UUID(int=7))}, "source"),
    ({"source": "a\x00"}, "source"),
    ({"position": -1}, "position"),
    ({"position": "1"}, "position"),
    ({"position": 10**30}, "position"),
    ({"when": ""}, "when"),
    ({"when": 5}, "when"),
    ({"when": "1 +"}, "when"),
    ({"when": "nope == 1"}, "when"),
    ({"when": "nope()"}, "when"),
    ({"when": "title.matches('(')"}, "when"),
    ({"when": "x" * 2001}, "when"),
    ({"when": "'\x00' == title"}, "when"),
    ({"when": "[1].all(a, [1].all(b, [1].all(c, true)))"}, "when"),
    ({"when": "(" * 900 + ")" * 900}, "when"),
    ({"then": "explode"}, "then"),
    ({"set": []}, "set"),
    ({"set": {"nonsense": 1}}, "set.nonsense"),
    ({"set": {"title": "=nope"}}, "set.title"),
    ({"set": {"title": "="}}, "set.title"),
    ({"set": {"title": ""}}, "set.title"),
    ({"set": {"title": "a\x00"}}, "set.title"),
    ({"set": {"labels": {"a": "=1 +"}}}, "set.labels.a"),
    ({"set": {"labels": {"a": "\x00"}}}, "set.labels.a"),
    ({"set": {"labels": {"a\x00": "b"}}}, "set.labels"),
    ({"set": {"labels": {"a": 5}}}, "set.labels.a"),
    ({"set": {"service_name": "nope"}}, "set.service_name"),
    ({"set": {"severity": "terrible"}}, "set.severity"),
    ({"set": {"action": "explode"}}, "set.action"),
    ({"set": {"correlation": {"preset": "labels"}}}, "set.correlation"),
    ({"set": {"threshold": {"count": 1, "seconds": 60}}}, "set.threshold.count"),
    ({"set": {"reopen_seconds": -1}}, "set.reopen_seconds"),
    ({"is_active": "yes"}, "is_active"),
    ({"nonsense": 1}, "nonsense"),
]


@pytest.mark.parametrize(("fields", "field"), WRONG)
def test_what_is_refused(api: httpx.Client, fields: dict[str, Any], field: str) -> None:
    before = api.get("/rules/?limit=500").json()
    body = {"name": f"rule-{uuid4().hex}"} | fields
    require_problem(api.post("/rules/", json=body), 422, field)
    require_problem(api.post("/rules/try/", json={"rule": body, "source": "generic", "body": {}}), 422, f"rule.{field}")
    require_problem(api.post("/rules/replay/", json={"rule": body}), 422, f"rule.{field}")
    assert api.get("/rules/?limit=500").json() == before


def test_a_rule_holds_from_the_next_alert_on(api: httpx.Client, rule: Make) -> None:
    sender = Sender(api)
    made = rule(
        source=sender.name,
        when='labels.app.startsWith("pay")',
        set={"service_name": "billing-worker", "title": '=title + "!"'},
    )
    taken = sender.send(labels={"app": "pay-api"})
    incident = api.get(f"/incidents/{taken['incident']}/").json()
    assert (incident["service"]["name"], incident["title"]) == ("billing-worker", "Down!")
    assert made["name"] in taken["reason"]
    api.patch(f"/rules/{made['id']}/", json={"then": "drop"})
    assert sender.send(labels={"app": "pay-api"})["status"] == "dropped"
    api.patch(f"/rules/{made['id']}/", json={"is_active": False})
    assert sender.send(labels={"app": "pay-api"})["status"] in {"new", "attached"}


def test_tried_on_a_recorded_alert_before_it_is_saved(api: httpx.Client, rule: Make) -> None:
    sender = Sender(api)
    taken = sender.send(title="Pay is down", labels={"app": "pay-api"}, extra={"region": "eu"})
    draft = {
        "name": "draft",
        "when": 'raw.extra.region == "eu" && labels.app.matches("^pay")',
        "set": {"service_name": "billing-worker", "severity": "SEV2_HIGH", "labels": {"region": "=raw.extra.region"}},
    }
    count = len(api.get("/rules/?limit=500").json()["items"])
    answer = api.post("/rules/try/", json={"rule": draft, "alert": taken["alert_id"]})
    assert answer.status_code == 200, answer.text
    tried = answer.json()
    assert (tried["holds"], tried["decides"], tried["problem"]) == (True, True, None)
    assert tried["facts"]["labels"]["app"] == "pay-api"
    assert (tried["facts"]["source"], tried["facts"]["kind"]) == (sender.name, "generic")
    assert (tried["before"]["service"], tried["after"]["service"]) == ("Unknown/Triage", "billing-worker")
    assert (tried["before"]["severity"], tried["after"]["severity"]) == ("SEV1_CRITICAL", "SEV2_HIGH")
    assert tried["after"]["labels"]["region"] == "eu"
    assert tried["before"]["key"] != tried["after"]["key"]
    assert len(api.get("/rules/?limit=500").json()["items"]) == count, "it is not saved"
    dropped = api.post("/rules/try/", json={"rule": draft | {"then": "drop"}, "alert": taken["alert_id"]}).json()
    assert dropped["after"]["fate"] == "dropped"
    rule(source=sender.name, position=1, when="true", set={"title": "earlier"})
    behind = api.post("/rules/try/", json={"rule": draft, "alert": taken["alert_id"]}).json()
    assert (behind["holds"], behind["decides"], behind["after"]["title"]) == (True, False, "earlier")


def test_tried_on_a_body(api: httpx.Client) -> None:
    body = {"title": "x", "severity": "critical"}
    tried = api.post(
        "/rules/try/", json={"rule": {"when": "labels.nope == 1"}, "source": "generic", "body": body}
    ).json()
    assert (tried["holds"], tried["problem"]) == (False, "there is no 'nope'")
    assert tried["after"]["reasons"] == ["rule '(the rule that is tried)' could not be tried: there is no 'nope'"]
    sender = Sender(api, default_severity="SEV4_LOW")
    own = {"rule": {"source": sender.name}, "source": sender.name, "body": {"title": "x"}}
    assert api.post("/rules/try/", json=own).json()["after"]["severity"] == "SEV4_LOW"
    others = {"rule": {"source": Sender(api).name}, "source": sender.name, "body": {"title": "x"}}
    assert api.post("/rules/try/", json=others).json()["problem"] == "the rule is for alerts of another source"


def test_tried_on_a_report(api: httpx.Client, alert: Make) -> None:
    incident = api.post("/incidents/", json=alert()).json()
    (kept,) = api.get(f"/incidents/{incident['id']}/alerts/").json()["items"]
    tried = api.post("/rules/try/", json={"rule": {"when": 'service == "redis-prod"'}, "alert": kept["id"]}).json()
    assert tried["holds"] is True
    assert tried["facts"]["description"] == "Connection refused since 03:12"
    assert "rules do not apply" in tried["problem"]


@pytest.mark.parametrize(
    ("fields", "status", "field"),
    [
        ({}, 422, None),
        ({"alert": str(UUID(int=7))}, 404, None),
        ({"alert": "x"}, 422, "alert"),
        ({"alert": str(UUID(int=7)), "source": "generic"}, 422, None),
        ({"source": "nobody", "body": {}}, 422, "source"),
        ({"source": "a\x00", "body": {}}, 422, "source"),
        ({"source": "alertmanager"}, 422, "body"),
        ({"source": "alertmanager", "body": 5}, 422, "body"),
        ({"source": "generic", "body": {}, "nonsense": 1}, 422, "nonsense"),
    ],
)
def test_bad_trials(api: httpx.Client, fields: dict[str, Any], status: int, field: str | None) -> None:
    require_problem(api.post("/rules/try/", json={"rule": {}} | fields), status, field)


def test_replayed_it_shows_the_difference(api: httpx.Client, rule: Make) -> None:
    sender, other = Sender(api), Sender(api)
    for number in range(12):
        sender.send(labels={"app": "pay-api"}, fingerprint=f"f{number % 3}")
    noise = [sender.send(title="Noise", fingerprint="noise") for _ in range(3)]
    other.send(labels={"app": "pay-api"})
    draft = {
        "when": 'labels.app == "pay-api"',
        "set": {"service_name": "billing-worker", "correlation": {"preset": "service"}},
    }
    answer = api.post("/rules/replay/", json={"rule": draft, "days": 1, "source": sender.name})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["alerts"], found["changed"], found["cut"]) == (15, 12, False)
    assert [change["text"] for change in found["changes"]] == [
        "12 alerts move from Unknown/Triage to billing-worker",
        "3 incidents become 1",
    ]
    assert (found["before"]["incidents"], found["after"]["incidents"]) == (4, 2)
    assert found["problems"] == {"rule '(the rule that is tried)' could not be tried: there is no 'app'": 3}
    drop = {"rule": {"name": "noise", "when": 'title == "Noise"', "then": "drop"}, "source": sender.id}
    dropped = api.post("/rules/replay/", json=drop).json()
    assert dropped["after"]["fates"] == {"new": 3, "attached": 9, "dropped": 3}
    assert set(dropped["changes"][0]["alerts"]) == {one["alert_id"] for one in noise}
    saved = rule(source=sender.name, when='title == "Noise"', then="drop")
    without = {"name": saved["name"], "when": "false", "is_active": False}
    undone = api.post("/rules/replay/", json={"rule": without, "source": sender.name}).json()
    assert undone["before"]["fates"]["dropped"] == 3 and "dropped" not in undone["after"]["fates"]
    everything = api.post("/rules/replay/", json={"rule": draft}).json()
    assert everything["alerts"] > 15


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"days": 0}, "days"),
        ({"days": 91}, "days"),
        ({"days": "many"}, "days"),
        ({"source": "nobody"}, "source"),
        ({"rule": None}, "rule"),
        ({"nonsense": 1}, "nonsense"),
    ],
)
def test_bad_replays(api: httpx.Client, fields: dict[str, Any], field: str) -> None:
    require_problem(api.post("/rules/replay/", json={"rule": {}} | fields), 422, field)


def test_of_nothing(api: httpx.Client) -> None:
    found = api.post("/rules/replay/", json={"rule": {}, "source": Sender(api).name}).json()
    assert (found["alerts"], found["changes"], found["before"]) == (0, [], {"incidents": 0, "fates": {}})
