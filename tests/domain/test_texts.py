"""Names, messages, the document."""

import re
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.defaults import DOCUMENT_TEMPLATE
from domain import texts
from domain.events import Event, EventType
from domain.incident import Status
from tests.support.values import NOON, an_incident

TEMPLATE = DOCUMENT_TEMPLATE.read_text()


@given(st.text(max_size=300), st.integers(1, 10**12))
def test_room_names_are_short_and_in_legal_characters(service: str, number: int) -> None:
    name = texts.room_name(an_incident(service=service, number=number))
    assert re.fullmatch(r"inc-\d+(-[a-z0-9]+)*", name)
    assert len(name) <= 80
    assert name.startswith(f"inc-{number}")


@pytest.mark.parametrize(
    ("service", "name"),
    [("redis-prod", "inc-42-redis-prod"), ("Unknown/Triage", "inc-42-unknown-triage"), ("ŁÓ", "inc-42")],
)
def test_room_name(service: str, name: str) -> None:
    assert texts.room_name(an_incident(service=service)) == name


def test_the_document_has_no_placeholder_left_and_says_it_all() -> None:
    event = Event(type=EventType.NOTE, message="two\nlines", at=NOON)
    incident = an_incident(resolution_note="restarted", root_cause="disk", impacted_scopes=("Legal", "PR"))
    body = texts.document(TEMPLATE, incident, [event])
    assert "{{" not in body and "}}" not in body
    for word in ("INC-42", incident.title, "restarted", "disk", "Legal, PR", "NOTE · two lines", incident.url):
        assert word in body


@given(st.text())
def test_what_people_write_is_not_taken_for_a_placeholder(title: str) -> None:
    body = texts.document("{{ title }}", an_incident(title=title), [])
    assert body == title
    assert texts.document("{{ title }}", an_incident(title="{{ severity }}"), []) == "{{ severity }}"


def test_an_unknown_placeholder_becomes_empty() -> None:
    assert texts.document("<{{nothing}}>", an_incident(), []) == "<>"


@pytest.mark.parametrize(
    "text",
    [
        lambda incident: texts.opened(incident).text,
        lambda incident: texts.escalation(incident, "p1.r1.s1", "on call").text,
        lambda incident: texts.links_ready(incident).text,
        lambda incident: texts.resolved(incident).text,
        texts.room_opening,
        texts.room_closing,
        texts.room_topic,
    ],
)
def test_every_message_of_a_drill_begins_with_drill(text) -> None:  # type: ignore[no-untyped-def]
    assert text(an_incident(time_scale=60.0)).startswith("DRILL ")
    assert not text(an_incident()).startswith("DRILL")


def test_a_page_carries_the_links_that_are_there() -> None:
    bare = texts.opened(an_incident())
    assert [label for _, label in bare.links] == ["INC-42"]
    ready = an_incident(lid_link="http://doc", war_room_link="http://room")
    assert [label for _, label in texts.opened(ready).links] == ["INC-42", "Document", "War room"]
    assert "http://room" in texts.room_opening(ready)


@pytest.mark.parametrize("reason", ["leads the incident", "on call for SRE Core; no personal rule for this"])
def test_a_page_says_why_it_came(reason: str) -> None:
    for message in (texts.escalation(an_incident(), "p1.r1.s1", reason), texts.persists(an_incident(), reason)):
        assert f" Why you: {reason}." in message.text


@pytest.mark.parametrize(
    ("recipient", "name"),
    [
        ("ana@example.com", "ana@example.com"),
        ("#sre-core", "#sre-core"),
        ("https://hooks.slack.com/services/T0/B0/secret", "https://hooks.slack.com/…"),
        ("http://10.0.0.7:8080?token=secret", "http://10.0.0.7:8080/…"),
        ("https://[not-an-address/secret", "https://[not-an-address/…"),
        ("https://hooks.example.com", "https://hooks.example.com"),
    ],
)
def test_of_an_address_on_the_web_texts_name_the_host_alone(recipient: str, name: str) -> None:
    assert texts.shown(recipient) == name


def test_the_notice_at_the_end_says_by_whom_and_how() -> None:
    over = an_incident(status=Status.RESOLVED, resolved_by="ana@example.com", resolution_note="restarted")
    assert texts.resolved(over).text.endswith("(INC-42), by ana@example.com: restarted")


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0s"), (59.9, "59s"), (60, "1m"), (3599, "59m"), (3600, "1h0m"), (11_100, "3h5m")]
)
def test_durations(seconds: float, words: str) -> None:
    assert texts.duration(seconds) == words


@given(st.text(max_size=400))
def test_a_room_topic_fits(lead: str) -> None:
    assert len(texts.room_topic(an_incident(lead=lead))) <= 250


def test_a_merged_incident_is_not_said_to_be_over() -> None:
    merged = an_incident(
        status="RESOLVED",
        resolved_at=NOON,
        resolved_by="ana@example.com",
        resolution_note="Merged into INC-3",
        merged_into=UUID(int=3),
    )
    assert texts.resolved(merged).text == (
        "[SEV1 MERGED] redis-prod: Redis does not answer (INC-42), by ana@example.com: Merged into INC-3"
    )
    assert "INC-42 was merged into another incident after 0s." in texts.room_closing(merged)
