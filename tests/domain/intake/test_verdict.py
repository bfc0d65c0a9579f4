"""The verdict on a signal: rules, service, severity, quiet, key; nothing loses the alert."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.intake.maintenance import MaintenanceWindow
from domain.intake.quiet import Matcher, Operator, Silence
from domain.intake.rule import Choice, Rule, Then
from domain.intake.signal import Action, Signal
from domain.intake.source import Source, SourceSettings
from domain.intake.verdict import Fate, House, ServiceFact, Verdict, decide
from gateway.intake.expressions import TOOLS

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
UNKNOWN = ServiceFact(UUID(int=1), "Unknown/Triage", "SRE Core")
PAYMENTS = ServiceFact(UUID(int=2), "payments", "Backend Payment")
SEARCH = ServiceFact(UUID(int=3), "search", "Web")
SERVICES = {one.name: one for one in (UNKNOWN, PAYMENTS, SEARCH)}
ID, OTHER_ID = UUID(int=8), UUID(int=9)


def source(id: UUID | None = ID, **settings: Any) -> Source:
    return Source(id=id, name="prom", kind="alertmanager", settings=SourceSettings.model_validate(settings))


def rule(name: str, when: str = "true", then: Then = Then.PASS, source_id: UUID | None = None, **choice: Any) -> Rule:
    return Rule(name=name, when=when, then=then, source_id=source_id, set=Choice.model_validate(choice))


def verdict(*rules: Rule, by: Source | None = None, house: dict[str, Any] | None = None, **fields: Any) -> Verdict:
    usual = {"title": "Down", "severity": "critical", "labels": {"service": "payments"}, "fingerprint": "f"}
    signal = Signal.model_validate(usual | fields)
    at_home = House(services=SERVICES, unknown=UNKNOWN, rules=rules, **(house or {}))
    return decide(signal, by or source(), at_home, NOW, TOOLS)


@pytest.mark.parametrize(
    ("fields", "settings", "name", "service"),
    [
        ({"labels": {"service": "payments"}}, {}, "payments", PAYMENTS),
        ({"labels": {"job": "search", "app": "payments"}}, {}, "payments", PAYMENTS),
        ({"labels": {"job": "search", "service": ""}}, {}, "search", SEARCH),
        ({"labels": {"service_name": "search", "app": "payments"}}, {}, "search", SEARCH),
        ({"labels": {"service": "payments"}, "service_name": "search"}, {}, "search", SEARCH),
        ({"labels": {"service": "payments"}}, {"service_name": "search"}, "search", SEARCH),
        ({"labels": {"service": "nope"}}, {}, "nope", UNKNOWN),
        ({"labels": {}}, {}, "Unknown/Triage", UNKNOWN),
        ({"labels": {"service": "x" * 300}}, {}, "x" * 255, UNKNOWN),
    ],
)
def test_the_service(fields: dict[str, Any], settings: dict[str, Any], name: str, service: ServiceFact) -> None:
    found = verdict(by=source(**settings), **fields)
    assert (found.alert.service_name, found.service) == (name, service)


def test_the_first_rule_that_holds_decides() -> None:
    found = verdict(rule("a", "false", title="A"), rule("b", title="B", severity="low"), rule("c", title="C"))
    assert (found.alert.title, found.alert.severity, found.reasons) == ("B", "SEV4_LOW", ("rule 'b'",))
    assert found.received.title == "Down", "what it was is known still"
    assert verdict(rule("b", title="B"), rule("a", title="A")).alert.title == "B", "in their order"


@pytest.mark.parametrize(("id", "title"), [(ID, "mine"), (OTHER_ID, "all"), (None, "all")])
def test_rules_of_a_source(id: UUID | None, title: str) -> None:
    assert verdict(rule("a", source_id=ID, title="mine"), rule("b", title="all"), by=source(id)).alert.title == title


def test_everything_that_a_rule_can_set() -> None:
    one = rule(
        "r",
        'labels.app.startsWith("pay")',
        service_name="payments",
        severity='=labels.level == "red" ? "SEV1_CRITICAL" : "SEV4_LOW"',
        title='="[" + labels.app + "] " + title',
        labels={"team": "pay", "app": "=labels.app + '-x'", "count": "=size(title)"},
        key="=labels.app",
        auto_resolve=True,
        resolve_delay_seconds=60,
        threshold={"count": 3, "seconds": 60},
        reopen_seconds=5,
    )
    found = verdict(one, labels={"app": "pay", "level": "red"})
    assert (found.service, found.alert.severity, found.alert.title) == (PAYMENTS, "SEV1_CRITICAL", "[pay] Down")
    assert found.alert.labels == {"app": "pay-x", "level": "red", "team": "pay", "count": "4"}
    assert found.key == (f"source:{ID}:rule:pay", None)
    treatment = found.treatment
    assert (treatment.auto_resolve, treatment.resolve_delay_seconds, treatment.reopen_seconds) == (True, 60, 5)
    assert treatment.threshold is not None and treatment.threshold.count == 3
    assert treatment.flapping == SourceSettings().flapping, "what it leaves out is the source's"


def test_a_rule_turns_off_what_the_source_turns_on() -> None:
    assert verdict(rule("r", auto_resolve=False), by=source(auto_resolve=True)).treatment.auto_resolve is False


@pytest.mark.parametrize(
    ("action", "expected"), [("resolve", "resolve"), ("=labels.state", "acknowledge"), ("explode", "trigger")]
)
def test_actions_in_words(action: str, expected: str) -> None:
    labels = {"service": "payments", "state": "acknowledge"}
    assert verdict(rule("r", action=action), labels=labels).signal.action == expected


def test_a_rule_that_is_wrong_says_so_and_does_not_lose_the_alert() -> None:
    found = verdict(rule("a", "labels.nope == 'x'"), rule("b", "1 +"), rule("c", title="=labels.nope", severity="low"))
    assert (found.alert.title, found.alert.severity, found.fate) == ("Down", "SEV4_LOW", None)
    assert found.reasons[0] == "rule 'c'"
    assert found.reasons[1] == "rule 'a' could not be tried: there is no 'nope'"
    assert found.reasons[2].startswith("rule 'b' could not be tried: cannot be read")
    assert found.reasons[3] == "title of the rule: there is no 'nope'"


@pytest.mark.parametrize("value", ["=''", "='\\x00'", "='   '", "=labels.service + '\\u0007'"])
def test_what_a_rule_makes_is_cleaned(value: str) -> None:
    found = verdict(rule("r", title=value, labels={"a": value}, service_name=value, key=value, severity=value))
    for text in (found.alert.title, found.alert.labels.get("a", ""), found.alert.service_name, found.key.text):
        assert "\x00" not in text
    assert found.alert.title.strip() and found.alert.service_name.strip()


def test_links_survive_a_rule() -> None:
    found = verdict(rule("r", title="x"), links=[{"href": "https://x", "text": "X"}], raw={"a": 1})
    assert [link.text for link in found.alert.links] == ["X"]
    assert found.signal.raw == {"a": 1}


def silence(**matchers: str) -> Silence:
    return Silence(
        id=UUID(int=1),
        matchers=tuple(Matcher(name=name, value=value) for name, value in matchers.items()),
        starts_at=NOW,
        ends_at=NOW + timedelta(hours=1),
        reason="because",
        created_by="ana@example.com",
    )


def window(*services: str, teams: tuple[str, ...] = ()) -> MaintenanceWindow:
    start = NOW.replace(tzinfo=None) - timedelta(hours=1)
    end = start + timedelta(hours=3)
    return MaintenanceWindow(
        id=UUID(int=1), name="upgrade", time_zone="UTC", start=start, end=end, services=services, teams=teams
    )


@pytest.mark.parametrize(
    "matchers",
    [
        {"service": "payments"},
        {"team": "Backend Payment"},
        {"severity": "SEV1_CRITICAL"},
        {"source": "prom"},
        {"title": "Down"},
        {"pod": "p1", "service": "payments"},
    ],
)
def test_a_silence_keeps_quiet(matchers: dict[str, str]) -> None:
    labels = {"service": "payments", "pod": "p1", "team": "as a label says"}
    found = verdict(house={"silences": (silence(**matchers),)}, labels=labels)
    assert (found.fate, found.quiet_until) == (Fate.SILENCED, NOW + timedelta(hours=1))
    assert found.reasons == ("silenced by ana@example.com until 2026-11-21 04:00 UTC: because",)
    assert verdict(house={"silences": (silence(service="other"),)}).fate is None


@pytest.mark.parametrize(
    ("matcher", "expected"),
    [
        (Matcher(name="service", value="legacy-batch"), True),
        (Matcher(name="service", value="Unknown/Triage"), True),
        (Matcher(name="service", operator=Operator.MATCHES, value="legacy-.*"), True),
        (Matcher(name="service", operator=Operator.IS_NOT, value="legacy-batch"), False),
        (Matcher(name="service", operator=Operator.MATCHES_NOT, value="legacy-.*"), False),
        (Matcher(name="service", value="payments"), False),
        (Matcher(name="severity", value="page-me"), True),
        (Matcher(name="severity", value="SEV2"), True),
        (Matcher(name="severity", value="SEV2_HIGH"), True),
        (Matcher(name="severity", value="critical"), False),
        (Matcher(name="severity", operator=Operator.IS_NOT, value="page-me"), False),
        (Matcher(name="severity", value=""), False),
    ],
)
@pytest.mark.parametrize("as_label", [True, False])
def test_people_silence_by_the_words_that_they_read_in_the_alert(
    matcher: Matcher, expected: bool, as_label: bool
) -> None:
    labels = {"service": "legacy-batch"} | ({"severity": "page-me"} if as_label else {})
    house = {"silences": (silence().model_copy(update={"matchers": (matcher,)}),)}
    by = source(severity_map={"page-me": "SEV2_HIGH"})
    found = verdict(by=by, house=house, labels=labels, severity="page-me")
    assert (found.fate is Fate.SILENCED) is expected


@pytest.mark.parametrize(("is_level", "severity"), [(True, "SEV3_MEDIUM"), (False, "SEV1_CRITICAL")])
def test_the_level_of_a_log_is_no_severity(is_level: bool, severity: str) -> None:
    assert verdict(severity="error", severity_is_level=is_level).alert.severity == severity
    by_rule = verdict(rule("r", severity="error"), severity="fatal", severity_is_level=is_level)
    assert by_rule.alert.severity == "SEV1_CRITICAL", "a rule says what it means"


def test_maintenance_keeps_quiet_and_a_silence_goes_before_it() -> None:
    for one in (window("payments"), window(teams=("Backend Payment",))):
        found = verdict(house={"maintenance": (one,)})
        assert (found.fate, found.quiet_until) == (Fate.MAINTENANCE, NOW + timedelta(hours=2))
        assert found.reasons == ("maintenance 'upgrade' until 2026-11-21 05:00 UTC",)
    both = {"maintenance": (window("payments"),), "silences": (silence(service="payments"),)}
    assert verdict(house=both).fate is Fate.SILENCED
    assert verdict(house={"maintenance": (window("search"),)}).fate is None


def test_quiet_looks_at_what_rules_have_made() -> None:
    house = {"silences": (silence(service="search"),)}
    assert verdict(rule("r", service_name="search"), house=house).fate is Fate.SILENCED


def test_a_drop_goes_before_a_silence() -> None:
    found = verdict(rule("r", then=Then.DROP), house={"silences": (silence(service="payments"),)})
    assert (found.fate, found.quiet_until, found.reasons) == (Fate.DROPPED, None, ("rule 'r'",))


@pytest.mark.parametrize("action", [action for action in Action if action is not Action.TRIGGER])
def test_what_is_no_alert_is_never_kept_quiet(action: Action) -> None:
    house = {"silences": (silence(service="payments"),), "maintenance": (window("payments"),)}
    assert verdict(house=house, action=action).fate is None
    assert verdict(rule("r", action=action.value), house=house).fate is None, "nor when a rule makes it one"
    assert verdict(rule("r", then=Then.DROP), action=action).fate is None, "what fired before must hear its end"


def test_identity_is_the_senders_whatever_rules_make_of_it() -> None:
    fired, resolved = verdict(), verdict(action="resolve")
    assert fired.identity == resolved.identity == f"source:{ID}:f"
    changed = verdict(rule("r", title="other", labels={"a": "b"}))
    assert changed.identity == fired.identity


def test_identity_without_a_fingerprint_does_not_depend_on_rules() -> None:
    plain = verdict(fingerprint=None)
    changed = verdict(rule("r", title="other", labels={"a": "b"}), fingerprint=None)
    assert changed.identity == plain.identity


@pytest.mark.parametrize(("kind", "expected"), [("pagerduty", True), ("opsgenie", True), ("grafana", False)])
def test_formats_that_command(kind: str, expected: bool) -> None:
    assert verdict(by=Source(name="x", kind=kind)).is_command is expected


_signals = st.builds(
    Signal,
    action=st.sampled_from(Action),
    title=st.text(max_size=30),
    severity=st.none() | st.text(max_size=10),
    service_name=st.none() | st.sampled_from(["payments", "nope", "é" * 300]),
    labels=st.dictionaries(st.sampled_from(["service", "app", "x"]), st.text(max_size=10), max_size=3),
    fingerprint=st.none() | st.text(max_size=600),
    raw=st.recursive(
        st.none() | st.integers() | st.text(max_size=5), lambda one: st.lists(one, max_size=3), max_leaves=5
    ),
)
_texts = st.sampled_from(["x", "=title", "=labels.app", "=raw[0]", "=1 +", "=size(raw)", "=nope", "=labels", "=true"])
_rules = st.builds(
    rule,
    name=st.just("r"),
    when=st.sampled_from(["true", "false", "labels.app == 'x'", "1 +", "raw[0] > 1", "size(title) > 3"]),
    then=st.sampled_from(Then),
    title=_texts,
    key=_texts,
    severity=_texts,
    service_name=_texts,
    action=_texts,
    labels=st.dictionaries(st.sampled_from(["app", "service"]), _texts, max_size=2),
)


@given(_signals, st.lists(_rules, max_size=3))
def test_laws(signal: Signal, rules: list[Rule]) -> None:
    house = House(services=SERVICES, unknown=UNKNOWN, rules=tuple(rules), silences=(silence(service="payments"),))
    found = decide(signal, source(), house, NOW, TOOLS)
    assert found == decide(signal, source(), house, NOW, TOOLS), "the same again"
    assert found.received is signal
    assert found.fate in {None, Fate.DROPPED, Fate.SILENCED}
    assert found.fate is not Fate.SILENCED or found.signal.action is Action.TRIGGER
    assert 0 < len(found.alert.service_name) <= 255 and 0 < len(found.alert.title) <= 500
    assert len(found.key.text) <= 1000 and len(found.identity) <= 600
    found.alert.model_dump_json().encode()
    assert "\x00" not in found.key.text + found.identity + found.alert.service_name + found.alert.title
