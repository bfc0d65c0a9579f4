"""`GET /incidents/{id}/why/`: the history in sentences, of incidents that happened."""

from collections.abc import Callable
from typing import Any

import httpx

from tests.support.waiting import wait_for

Alert = Callable[..., dict[str, Any]]


def sentences(api: httpx.Client, id: str) -> list[str]:
    answer = api.get(f"/incidents/{id}/why/")
    assert answer.status_code == 200, answer.text
    items = answer.json()["items"]
    assert [item["at"] for item in items] == sorted(item["at"] for item in items)
    return [item["text"] for item in items]


def opened(api: httpx.Client, body: dict[str, Any], **pages: int) -> str:
    """An incident of which so many pages have left, by the end of their step's name; and its links, too."""
    id = str(api.post("/incidents/", json=body).json()["short_id"])

    def sent() -> bool:
        ledger = api.get(f"/incidents/{id}/notifications/").json()["items"]
        left = [one["step"].rpartition(".")[2] for one in ledger if one["status"] == "sent"]
        return len(left) == len(ledger) and all(left.count(step) == count for step, count in pages.items())

    wait_for(lambda: api.get(f"/incidents/{id}/").json()["orchestration"] == "COMPLETE")
    wait_for(sent)
    return id


def test_who_was_paged_by_which_rule_and_what_stopped_it(api: httpx.Client, alert: Alert) -> None:
    id = opened(api, alert(service_name="checkout-api", source="prometheus"), created=3, s1=1)
    acknowledged = api.patch(f"/incidents/{id}/acknowledge/", json={})
    assert acknowledged.status_code == 200
    told = sentences(api, id)
    ledger = api.get(f"/incidents/{id}/notifications/").json()["items"]
    opening = f"{id} “Redis does not answer” was opened by prometheus: SEV1 of checkout-api"
    assert told[0].startswith(opening) and "which Backend Payment answers for" in told[0]
    assert any("It climbs by the policy " in text and "version" in text and "because" in text for text in told)
    for page in ledger:
        assert any(page["recipient"] in text and page["reason"] in text for text in told), page
    assert any("step 1" in text for text in told)
    assert any("cknowledged" in text for text in told)
    stopped = next(text for text in told if text.startswith("That stopped the escalation"))
    assert "step 2" in stopped


def test_a_severity_that_tells_the_channel_alone(api: httpx.Client, alert: Alert) -> None:
    id = opened(api, alert(severity="SEV3_MEDIUM"), created=1)
    told = sentences(api, id)
    assert any("SEV3 does not climb" in text for text in told)
    assert any(text.startswith("#") and "was told by chat (the first message)" in text for text in told)


def test_an_unknown_incident(api: httpx.Client) -> None:
    assert api.get("/incidents/INC-999999/why/").status_code == 404
