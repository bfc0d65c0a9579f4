"""Merge and split by hand, from outside: over HTTP, with a worker that carries them out."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.waiting import wait_for

Make = Callable[..., dict[str, Any]]


@pytest.fixture
def source(api: httpx.Client) -> Iterator[dict[str, Any]]:
    """A source of which all alerts of one service make one incident, and go back to normal by themselves."""
    body = {
        "name": f"lab-{uuid4().hex[:8]}",
        "kind": "generic",
        "correlation": {"preset": "labels", "labels": ["bench"]},
        "auto_resolve": True,
    }
    answer = api.post("/sources/", json=body)
    assert answer.status_code == 201, answer.text
    yield answer.json()
    api.delete(f"/sources/{answer.json()['id']}/")


def opened(api: httpx.Client, alert: Make, **changes: Any) -> dict[str, Any]:
    answer = api.post("/incidents/", json=alert(**changes))
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def now(api: httpx.Client, incident: dict[str, Any]) -> dict[str, Any]:
    return dict(api.get(f"/incidents/{incident['id']}/").json())


def resolve(api: httpx.Client, incident: dict[str, Any]) -> None:
    api.patch(f"/incidents/{incident['id']}/resolve/").raise_for_status()
    wait_for(lambda: now(api, incident)["status"] == "RESOLVED")  # it may have been queued


def texts(api: httpx.Client, incident: dict[str, Any], kind: str) -> list[str]:
    items = api.get(f"/incidents/{incident['id']}/events/?limit=500").json()["items"]
    return [event["message"] for event in items if event["type"] == kind]


def alerts(api: httpx.Client, incident: dict[str, Any]) -> list[dict[str, Any]]:
    return list(api.get(f"/incidents/{incident['id']}/alerts/?limit=500").json()["items"])


def ledger(api: httpx.Client, incident: dict[str, Any]) -> list[dict[str, Any]]:
    return list(api.get(f"/incidents/{incident['id']}/notifications/?limit=500").json()["items"])


def several(api: httpx.Client, alert: Make, *titles: str, **changes: Any) -> dict[str, Any]:
    """One incident of several alerts, of a service that only they have."""
    name = f"service-{uuid4().hex[:8]}"
    for title in titles:
        found = api.post("/incidents/", json=alert(title=title, service_name=name, fingerprint=..., **changes)).json()
    return dict(found)


def test_a_merge_moves_alerts_and_repeats_and_ends_the_one(api: httpx.Client, alert: Make) -> None:
    target = opened(api, alert, severity="SEV3_MEDIUM")
    body = alert()
    old = api.post("/incidents/", json=body).json()
    wait_for(lambda: any(row["step"] == "p1.r1.s1" for row in ledger(api, old)))
    answer = api.post(f"/incidents/{old['short_id']}/merge/", json={"into": target["short_id"], "note": "one switch"})
    assert answer.status_code == 200, answer.text
    merged = answer.json()
    assert (merged["status"], merged["merged_into"], merged["alert_count"]) == ("RESOLVED", target["id"], 0)
    assert merged["resolution_note"] == f"Merged into {target['short_id']}: one switch"
    assert texts(api, old, "MERGED") == [f"Merged into {target['short_id']}: 1 alert is there now"]
    assert texts(api, target, "MERGED") == [f"{old['short_id']} was merged into this incident"]
    wait_for(lambda: any(row["step"] == "resolved" for row in ledger(api, old)))

    again = api.post("/incidents/", json=body)
    assert (again.status_code, again.json()["id"]) == (200, target["id"])
    assert (again.json()["alert_count"], len(alerts(api, target)), alerts(api, old)) == (3, 3, [])
    wait_for(lambda: now(api, target)["severity"] == "SEV1_CRITICAL")  # the merged one was worse
    wait_for(lambda: any(row["step"] == "p2.r1.s1" for row in ledger(api, target)))


@pytest.mark.parametrize("named", ["id", "short_id"])
def test_whoever_was_paged_hears_where_it_went(api: httpx.Client, alert: Make, named: str) -> None:
    target, old = opened(api, alert), opened(api, alert)
    wait_for(lambda: any(row["step"] == "p1.r1.s1" and row["status"] == "sent" for row in ledger(api, old)))
    assert api.post(f"/incidents/{old['id']}/merge/", json={"into": target[named]}).status_code == 200
    told = wait_for(lambda: [row for row in ledger(api, old) if row["step"] == "resolved" and row["status"] == "sent"])
    inbox = api.get(f"/users/{told[0]['recipient'].replace('#', '%23')}/inbox/?limit=500").json()["items"]
    (text,) = [one["text"] for one in inbox if one["step"] == "resolved" and one["incident"] == old["short_id"]]
    assert "SEV1 MERGED" in text and f"Merged into {target['short_id']}" in text


def test_merges_that_make_no_sense_are_refused(api: httpx.Client, alert: Make) -> None:
    one, other, over = opened(api, alert), opened(api, alert), opened(api, alert)
    drill = opened(api, alert, drill=True)
    resolve(api, over)

    def merge(incident: dict[str, Any], into: object) -> tuple[int, str]:
        answer = api.post(f"/incidents/{incident['id']}/merge/", json={"into": into})
        return answer.status_code, answer.json()["detail"]

    assert merge(one, one["short_id"]) == (422, f"into: {one['short_id']} cannot be merged into itself")
    assert merge(one, over["id"]) == (409, f"{over['short_id']} is already RESOLVED: nothing can be merged into it")
    assert merge(over, one["id"]) == (409, f"{over['short_id']} is already RESOLVED: merge is not possible")
    assert merge(one, drill["id"])[0] == merge(drill, one["id"])[0] == 409
    for nobody in ("INC-999999", str(uuid4()), "three", "", 3, None):
        status, detail = merge(one, nobody)
        assert status == 422 and detail.startswith("into: ")
    assert api.post("/incidents/INC-999999/merge/", json={"into": one["id"]}).status_code == 404
    assert api.post(f"/incidents/{one['id']}/merge/").status_code == 422
    assert {now(api, incident)["status"] for incident in (one, other, drill)} == {"TRIGGERED"}


def test_a_split_opens_an_incident_that_is_paged_by_its_severity(api: httpx.Client, alert: Make) -> None:
    old = several(api, alert, "disk", "network", severity="SEV3_MEDIUM")
    worse = several(api, alert, "worse")
    api.post(f"/incidents/{worse['id']}/merge/", json={"into": old["id"]})
    wait_for(lambda: now(api, old)["severity"] == "SEV1_CRITICAL")
    moved = [one["id"] for one in alerts(api, old) if one["title"] in ("network", "worse")]
    answer = api.post(f"/incidents/{old['short_id']}/split/", json={"alerts": moved, "title": "The switch"})
    assert answer.status_code == 201, answer.text
    new = answer.json()
    assert (new["title"], new["severity"], new["alert_count"], new["status"]) == (
        "The switch", "SEV1_CRITICAL", 2, "TRIGGERED",
    )  # fmt: skip
    assert new["service"] == old["service"]
    assert sorted(one["title"] for one in alerts(api, new)) == ["network", "worse"]
    assert (now(api, old)["alert_count"], len(alerts(api, old))) == (1, 1)
    assert texts(api, new, "NOTE") == [f"Split off from {old['short_id']} by admin@example.com with 2 alerts"]
    assert texts(api, old, "NOTE") == [f"2 alerts were split off into {new['short_id']}"]
    wait_for(lambda: any(row["step"] == "p1.r1.s1" for row in ledger(api, new)))
    again = api.post(f"/incidents/{old['short_id']}/split/", json={"alerts": moved})
    assert again.status_code == 422 and again.json()["errors"][0]["field"] == "alerts"


def test_splits_that_make_no_sense_are_refused(api: httpx.Client, alert: Make) -> None:
    old, other = several(api, alert, "disk", "network"), opened(api, alert)
    mine, strange = [one["id"] for one in alerts(api, old)], alerts(api, other)[0]["id"]

    def split(*chosen: object, **more: Any) -> int:
        return api.post(f"/incidents/{old['id']}/split/", json={"alerts": chosen, **more}).status_code

    refused = [split(), split(*mine), split(mine[0], strange), split("first"), split(mine[0], title="")]
    assert refused == [422] * 5
    assert api.post(f"/incidents/{old['id']}/split/").status_code == 422
    resolve(api, old)
    assert split(mine[0]) == 409
    assert now(api, old)["alert_count"] == 2


@pytest.mark.parametrize(("role", "allowed"), [("viewer", False), ("operator", False), ("responder", True)])
def test_who_may(
    api: httpx.Client, alert: Make, as_role: Callable[[str], httpx.Client], role: str, allowed: bool
) -> None:
    old, target = several(api, alert, "disk", "network"), opened(api, alert)
    client, chosen = as_role(role), alerts(api, old)[0]["id"]
    split = client.post(f"/incidents/{old['id']}/split/", json={"alerts": [chosen]})
    merge = client.post(f"/incidents/{old['id']}/merge/", json={"into": target["id"]})
    assert [split.status_code, merge.status_code] == ([201, 200] if allowed else [403, 403])


def test_what_comes_through_a_door_follows_its_split_and_each_goes_back_to_normal_by_itself(
    api: httpx.Client, source: dict[str, Any]
) -> None:
    bench = uuid4().hex[:8]

    def send(name: str, status: str = "firing") -> dict[str, Any]:
        body = {
            "title": name,
            "service": "redis-prod",
            "severity": "SEV3_MEDIUM",
            "status": status,
            "fingerprint": f"{bench}-{name}",
            "labels": {"bench": bench},
        }
        answer = api.post(f"/alerts/generic/?token={source['key']}", json=body, headers={"Authorization": ""})
        assert answer.status_code == 200, answer.text
        return dict(answer.json()["results"][0])

    disk, network = send("disk"), send("network")
    number = disk["incident"]
    assert network["incident"] == number
    old = api.get(f"/incidents/{number}/").json()
    chosen = [one["id"] for one in alerts(api, old) if one["title"] == "network"]
    new = api.post(f"/incidents/{old['id']}/split/", json={"alerts": chosen}).json()
    assert send("network")["incident"] == new["short_id"]
    assert send("disk")["incident"] == old["short_id"]
    send("network", "resolved")
    over = wait_for(lambda: (row := now(api, new))["status"] == "RESOLVED" and row)
    assert (over["resolved_by"], over["resolution_note"]) == (source["name"], "back to normal")
    assert over["cleared_at"] is not None
    assert now(api, old)["status"] == "TRIGGERED"
    send("disk", "resolved")
    wait_for(lambda: now(api, old)["status"] == "RESOLVED")
