"""Bodies whose reading would keep a processor busy are refused before they are read."""

from typing import Any

import pytest

from api.formats import FORMATS, Unreadable, alertmanager, generic
from api.formats.reading import LONGEST_SHARED, MOST_SIGNALS, SEVERAL

ONE = {"a": 1}
MANY = {
    "a list": [ONE] * (MOST_SIGNALS + 1),
    "a group": {"alerts": [ONE] * (MOST_SIGNALS + 1)},
    "groups": [{"alerts": [ONE] * 1000}] * 5 + [{"title": "one more"}],
}


@pytest.mark.parametrize("body", MANY.values(), ids=MANY)
@pytest.mark.parametrize("kind", ["alertmanager", "grafana", "generic"])
def test_too_many_alerts_are_counted_and_not_read(kind: str, body: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*_: Any) -> Any:
        raise AssertionError("read")

    monkeypatch.setattr(generic, "_signal", read)
    monkeypatch.setattr(alertmanager, "labels", read)
    with pytest.raises(Unreadable, match=f"alerts: must be at most {MOST_SIGNALS}"):
        FORMATS[kind](body, {})


def test_as_many_as_may_be_are_read() -> None:
    assert len(FORMATS["generic"]([ONE] * MOST_SIGNALS, {})) == MOST_SIGNALS
    assert len(FORMATS["alertmanager"]({"alerts": [{}, *[ONE] * MOST_SIGNALS]}, {})) == MOST_SIGNALS


@pytest.mark.parametrize("shared", ["commonLabels", "commonAnnotations"])
def test_what_a_group_says_is_not_said_again_and_again_without_end(shared: str) -> None:
    said = {f"name {number}": "x" * 1000 for number in range(100)}
    with pytest.raises(Unreadable, match="smaller groups"):
        FORMATS["alertmanager"]({shared: said, "alerts": [ONE] * 1000}, {})
    assert len(FORMATS["alertmanager"]({shared: said, "alerts": [ONE] * 100}, {})) == 100


@pytest.mark.parametrize("count", [SEVERAL, SEVERAL + 1])
def test_alerts_of_a_large_group_are_those_of_a_small_one(count: int) -> None:
    group = {
        "status": "resolved",
        "title": "Disk full " * 1000,
        "externalURL": "https://alertmanager.example",
        "commonLabels": {"service": "redis-prod", "long": "x" * 4000},
        "commonAnnotations": {"description": "y" * 4000},
        "alerts": [{"fingerprint": str(number)} for number in range(count)],
    }
    assert len(str(group["title"])) > LONGEST_SHARED
    (first, *others) = FORMATS["alertmanager"](group, {})
    (alone,) = FORMATS["alertmanager"](group | {"alerts": [{"fingerprint": "0"}]}, {})
    assert first == alone
    assert {one.fingerprint for one in others} == {str(number) for number in range(1, count)}
