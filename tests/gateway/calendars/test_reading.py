"""Calendars as programs export them, each span reckoned by hand; and what is no calendar at all."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.schedule.schedule import Span
from gateway.calendars.errors import UnreadableCalendar
from gateway.calendars.precedence import covering
from gateway.calendars.reading import MOST_IGNORED, Reading, read_calendar

FIXTURES = Path(__file__).parents[2] / "fixtures" / "calendars"
PEOPLE = {"Ana Ruiz": "ana@example.com", "Bo Bang": "bo@example.com", "Cyd": "cyd@example.com"}
ANA, BO, CYD = PEOPLE.values()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def read(name: str, start: str, end: str, zone: str = "Europe/Berlin") -> Reading:
    return read_calendar((FIXTURES / f"{name}.ics").read_bytes(), at(start), at(end), zone, PEOPLE)


def told(spans: tuple[Span, ...]) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(f"{one.start:%Y-%m-%dT%H:%M}", f"{one.end:%Y-%m-%dT%H:%M}", one.users) for one in spans]


def calendar(*events: str, head: str = "") -> bytes:
    """A calendar of events, each the lines of one."""
    blocks = "".join(
        f"BEGIN:VEVENT\nUID:{number}\n{event.strip()}\nEND:VEVENT\n" for number, event in enumerate(events)
    )
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{head}{blocks}END:VCALENDAR\n".replace("\n", "\r\n").encode()


def january(ics: bytes, zone: str = "UTC") -> Reading:
    return read_calendar(ics, at("2026-01-01"), at("2026-02-01"), zone, PEOPLE)


def test_google_calendar_with_exceptions_and_moved_instances() -> None:
    reading = read("google", "2026-03-01", "2026-05-01")
    assert told(reading.spans) == [
        ("2026-03-02T08:00", "2026-03-09T08:00", (ANA,)),
        ("2026-03-09T08:00", "2026-03-16T08:00", (BO,)),
        ("2026-03-16T08:00", "2026-03-23T08:00", (CYD,)),  # Ana's EXDATE, covered by a single event in UTC
        ("2026-03-23T08:00", "2026-03-30T07:00", (BO,)),  # 09:00 to 09:00, the clocks go forward in between
        ("2026-03-31T08:00", "2026-04-06T07:00", (BO,)),  # Ana declined; moved from Monday 30th 09:00
        ("2026-04-13T07:00", "2026-04-20T07:00", (ANA,)),  # the 6th is cancelled, the 27th after UNTIL
        ("2026-04-29T07:00", "2026-04-29T15:00", (ANA,)),  # moved here from May
    ]
    assert reading.levels == {}
    assert reading.ignored == (
        "“Team lunch” of 2026-04-10 is left out: “guest@elsewhere.example” is no user here; its title must be names "
        "or e-mail addresses of users, with commas between, or they must be its attendees.",
    )


def test_outlook_with_windows_zones() -> None:
    reading = read("outlook", "2026-10-20", "2026-11-15")
    assert told(reading.spans) == [
        ("2026-10-23T15:00", "2026-10-26T07:00", (ANA,)),  # W. Europe: 17:00 in summer to 08:00 in winter
        ("2026-10-30T00:00", "2026-10-30T12:00", (BO,)),  # Eastern: 20:00 to 08:00 in summer
        ("2026-10-31T00:00", "2026-10-31T12:00", (BO,)),
        ("2026-11-01T00:00", "2026-11-01T13:00", (BO,)),  # thirteen hours, for one is repeated
        ("2026-11-02T01:00", "2026-11-02T13:00", (BO,)),
        ("2026-11-02T03:30", "2026-11-02T11:30", (CYD,)),  # the zone that the calendar defines itself: +05:30
        ("2026-11-06T23:00", "2026-11-08T23:00", (BO, ANA)),  # two whole days in Berlin
    ]
    assert reading.ignored == (
        "“ana” of 2026-11-03 is left out: its DTSTART is in the time zone “Middle of Nowhere Time”, which is neither "
        "a known one nor defined there.",
    )


def test_grafana_oncall_with_levels() -> None:
    reading = read("grafana_oncall", "2026-01-01", "2026-02-01")
    days = [(f"2026-01-0{day}T08:00", f"2026-01-0{day}T20:00", (ANA,)) for day in (5, 6, 7)]
    assert {level: told(spans) for level, spans in reading.levels.items()} == {
        1: days,
        2: [("2026-01-06T12:00", "2026-01-06T16:00", (BO,))],
    }
    assert told(reading.spans) == [("2026-01-07T00:00", "2026-01-08T00:00", (CYD,))]
    assert reading.ignored == ()


def test_a_higher_level_covers_a_lower_one() -> None:
    assert told(covering(read("grafana_oncall", "2026-01-01", "2026-02-01"))) == [
        ("2026-01-05T08:00", "2026-01-05T20:00", (ANA,)),
        ("2026-01-06T08:00", "2026-01-06T12:00", (ANA,)),
        ("2026-01-06T12:00", "2026-01-06T16:00", (BO,)),
        ("2026-01-06T16:00", "2026-01-06T20:00", (ANA,)),
        ("2026-01-07T00:00", "2026-01-07T08:00", (CYD,)),
        ("2026-01-07T08:00", "2026-01-07T20:00", (ANA,)),
        ("2026-01-07T20:00", "2026-01-08T00:00", (CYD,)),
    ]


def test_whole_days_where_clocks_change_by_half_an_hour() -> None:
    reading = read("all_day", "2026-01-01", "2026-12-01")
    assert told(reading.spans) == [
        ("2026-04-02T13:00", "2026-04-03T13:00", (ANA,)),
        ("2026-04-03T13:00", "2026-04-04T13:00", (ANA,)),
        ("2026-04-04T13:00", "2026-04-05T13:30", (ANA,)),  # half an hour longer; the 6th is an EXDATE
        ("2026-04-06T23:30", "2026-04-07T07:30", (BO,)),  # the 7th was edited: 10:00 to 18:00
        ("2026-10-02T13:30", "2026-10-04T13:00", (CYD,)),  # two days, half an hour shorter
    ]
    assert reading.ignored == ()  # what is cancelled is left out without a word


def test_floating_times_are_in_the_zone_of_the_schedule() -> None:
    reading = read("floating", "2026-01-01", "2026-12-01", zone="America/Chicago")
    assert told(reading.spans) == [
        ("2026-03-08T04:00", "2026-03-08T11:00", (ANA,)),  # 22:00 to 06:00, an hour shorter
        ("2026-03-08T08:30", "2026-03-08T09:30", (BO,)),  # 02:30 is skipped: RFC 5545 reads it as 03:30
        ("2026-03-09T03:00", "2026-03-09T11:00", (ANA,)),
        ("2026-03-10T03:00", "2026-03-10T11:00", (ANA,)),  # UNTIL is floating, too, and includes its instant
        ("2026-03-15T03:00", "2026-03-15T11:00", (ANA,)),  # RDATE
        ("2026-03-15T13:00", "2026-03-15T17:00", (ANA,)),  # RDATE with a length of its own
        ("2026-11-01T06:30", "2026-11-01T09:30", (CYD,)),  # 01:30 comes twice: the first one
    ]


def test_only_what_touches_the_window_is_read_and_stays_whole() -> None:
    ics = calendar("DTSTART:20251231T000000Z\nDTEND:20260101T000001Z\nSUMMARY:Ana Ruiz",
                   "DTSTART:20251230T000000Z\nDTEND:20260101T000000Z\nSUMMARY:Ana Ruiz",
                   "DTSTART:20260201T000000Z\nDTEND:20260202T000000Z\nSUMMARY:Ana Ruiz",
                   "DTSTART:20260131T235959Z\nDTEND:20260301T000000Z\nSUMMARY:Bo Bang")  # fmt: skip
    assert told(january(ics).spans) == [
        ("2025-12-31T00:00", "2026-01-01T00:00", (ANA,)),
        ("2026-01-31T23:59", "2026-03-01T00:00", (BO,)),
    ]


def test_a_change_from_one_day_on_holds_for_the_days_after_it() -> None:
    series = "DTSTART;TZID=Europe/Paris:20260105T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=4\nSUMMARY:Ana Ruiz"
    later = (
        "UID:0\nRECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Paris:20260107T090000\n"
        "DTSTART;TZID=Europe/Paris:20260107T140000\nDURATION:PT2H\nSUMMARY:Bo Bang"
    )
    ics = calendar(series, later).replace(b"UID:1\r\n", b"")
    assert told(january(ics).spans) == [
        ("2026-01-05T08:00", "2026-01-05T09:00", (ANA,)),
        ("2026-01-06T08:00", "2026-01-06T09:00", (ANA,)),
        ("2026-01-07T13:00", "2026-01-07T15:00", (BO,)),
        ("2026-01-08T13:00", "2026-01-08T15:00", (BO,)),
    ]


def test_an_edited_instance_whose_series_is_not_in_the_file_counts() -> None:
    lines = "RECURRENCE-ID:20260105T090000Z\nDTSTART:20260105T100000Z\nDURATION:PT1H\nSUMMARY:Ana Ruiz"
    assert told(january(calendar(lines)).spans) == [("2026-01-05T10:00", "2026-01-05T11:00", (ANA,))]


def test_one_file_may_hold_several_calendars() -> None:
    one = "DTSTART;VALUE=DATE:20260105\nSUMMARY:Cyd"
    ics = calendar(one, head="X-WR-TIMEZONE:Europe/Paris\n") + calendar(one, head="X-WR-TIMEZONE:Asia/Kolkata\n")
    assert told(january(ics).spans) == [
        ("2026-01-04T18:30", "2026-01-05T18:30", (CYD,)),
        ("2026-01-04T23:00", "2026-01-05T23:00", (CYD,)),
    ]


@pytest.mark.parametrize(
    ("until", "last"),
    [("20260107", 7), ("20260107T080000Z", 7), ("20260107T075959Z", 6), ("20260107T090000", 7), ("20260107T085959", 6)],
)
def test_the_last_day_of_a_series_however_it_is_written(until: str, last: int) -> None:
    ics = calendar(
        f"DTSTART;TZID=Europe/Paris:20260105T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL={until}\nSUMMARY:Ana Ruiz"
    )
    assert [span.start.day for span in january(ics).spans] == list(range(5, last + 1))


@pytest.mark.parametrize(
    ("lines", "users", "level"),
    [
        ("SUMMARY:ANA RUIZ", (ANA,), None),
        ("SUMMARY:  bo   bang \\, cyd ", (BO, CYD), None),
        ("SUMMARY:ana", (ANA,), None),
        ("SUMMARY:On call: Ana Ruiz\\, Bo Bang", (ANA, BO), None),
        ("SUMMARY:Ring bo@example.com (or CYD@example.com)", (BO, CYD), None),
        ("SUMMARY:[L3] Cyd", (CYD,), 3),
        ("SUMMARY:[l12]cyd\\,ana", (CYD, ANA), 12),
        ("SUMMARY:Ana Ruiz\nATTENDEE:mailto:bo@example.com", (BO,), None),
        ("SUMMARY:Ana Ruiz\nATTENDEE;PARTSTAT=DECLINED:mailto:bo@example.com", (ANA,), None),
        ("SUMMARY:Ana Ruiz\nATTENDEE;PARTSTAT=TENTATIVE:mailto:bo@example.com", (ANA,), None),
        ("SUMMARY:Ana Ruiz\nATTENDEE;CUTYPE=ROOM:mailto:bo@example.com", (ANA,), None),
        ("SUMMARY:?\nATTENDEE;EMAIL=bo@example.com:urn:uuid:1", (BO,), None),
        ("SUMMARY:?\nATTENDEE:mailto:bo@example.com\nATTENDEE:mailto:cyd@example.com", (BO, CYD), None),
    ],
)
def test_who_is_on_call(lines: str, users: tuple[str, ...], level: int | None) -> None:
    reading = january(calendar(f"DTSTART:20260105T090000Z\nDTEND:20260105T100000Z\n{lines}"))
    spans = reading.spans if level is None else reading.levels[level]
    assert [span.users for span in spans] == [users]
    assert reading.ignored == ()


def test_whoever_declined_is_not_on_call_by_the_title_either() -> None:
    declined = "ATTENDEE;PARTSTAT=DECLINED:mailto:ana@example.com"
    times = "DTSTART:20260105T090000Z\nDTEND:20260105T100000Z"
    reading = january(
        calendar(f"{times}\nSUMMARY:Ana Ruiz\n{declined}", f"{times}\nSUMMARY:Ana Ruiz\\, Cyd\n{declined}")
    )
    assert [span.users for span in reading.spans] == [(CYD,)]
    assert reading.ignored == (
        "“Ana Ruiz” of 2026-01-05 is left out: “ana@example.com” declined, and it names nobody else.",
    )


def test_the_part_of_an_address_that_two_share_means_neither() -> None:
    people = {"Ana Ruiz": "ana@example.com", "Ana Roth": "ana@example.org"}
    ics = calendar("DTSTART:20260105T090000Z\nDTEND:20260105T100000Z\nSUMMARY:ana")
    reading = read_calendar(ics, at("2026-01-01"), at("2026-02-01"), "UTC", people)
    assert reading.spans == () and "“ana” is no user here" in reading.ignored[0]


def test_one_of_two_names_that_nobody_knows_is_told() -> None:
    ics = calendar("DTSTART:20260105T090000Z\nDTEND:20260105T100000Z\nRRULE:FREQ=DAILY\nSUMMARY:Ana Ruiz\\, Zed")
    reading = january(ics)
    assert {span.users for span in reading.spans} == {(ANA,)}
    assert reading.ignored == ("“Ana Ruiz, Zed” of 2026-01-05: “Zed” in it is no user and left out.",)


def test_zones_that_calendars_define_under_the_same_name_are_their_own() -> None:
    def defined(offset: str) -> bytes:
        zone = (
            "BEGIN:VTIMEZONE\nTZID:Mine\nBEGIN:STANDARD\nDTSTART:19700101T000000\n"
            f"TZOFFSETFROM:{offset}\nTZOFFSETTO:{offset}\nEND:STANDARD\nEND:VTIMEZONE\n"
        )
        return calendar("DTSTART;TZID=Mine:20260105T120000\nDURATION:PT1H\nSUMMARY:Cyd", head=zone)

    assert [january(defined(offset)).spans[0].start.hour for offset in ("+0200", "-0500")] == [10, 17]


@pytest.mark.parametrize(
    ("event", "why"),
    [
        ("SUMMARY:Cyd", "it must have one DTSTART"),
        ("DTSTART:soon\nSUMMARY:Cyd", "its DTSTART cannot be read"),
        ("DTSTART:20260105T090000Z\nDURATION:PT1H\nEXDATE:never\nSUMMARY:Cyd", "its EXDATE cannot be read"),
        ("DTSTART:20260105T090000Z\nDURATION:PT1H\nRRULE:FREQ=SECONDLY\nSUMMARY:Cyd", "FREQ=SECONDLY"),
        ("DTSTART:20260105T090000Z\nDURATION:PT1H\nRRULE:COUNT=3\nSUMMARY:Cyd", "RRULE"),
        ("DTSTART:20260105T090000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;INTERVAL=0\nSUMMARY:Cyd", "INTERVAL=0"),
        (
            "DTSTART:20260105T090000Z\nDURATION:PT1H\nSUMMARY:Cyd\nRRULE:FREQ=DAILY;BYMINUTE="
            + ",".join(map(str, range(60))) + ";BYSECOND=" + ",".join(map(str, range(60))),
            "3,600 times of a day",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_event_is_told_and_the_others_are_read(event: str, why: str) -> None:
    reading = january(calendar(event, "DTSTART:20260105T090000Z\nDURATION:PT1H\nSUMMARY:Bo Bang"))
    assert [span.users for span in reading.spans] == [(BO,)]
    assert len(reading.ignored) == 1 and reading.ignored[0].startswith("“Cyd”") and why in reading.ignored[0]


def test_an_unknown_zone_of_the_calendar_is_told() -> None:
    reading = january(calendar("DTSTART;VALUE=DATE:20260105\nSUMMARY:Cyd", head="X-WR-TIMEZONE:Moon/Base\n"))
    assert told(reading.spans) == [("2026-01-05T00:00", "2026-01-06T00:00", (CYD,))]
    assert reading.ignored == ("X-WR-TIMEZONE “Moon/Base” is no known time zone: UTC is used for whole days.",)


def test_sentences_are_not_without_end() -> None:
    ignored = january(calendar(*[f"DTSTART:20260105T090000Z\nDURATION:PT1H\nSUMMARY:x{n}" for n in range(150)])).ignored
    assert len(ignored) == MOST_IGNORED + 1 and ignored[-1] == "50 more were left out, too."


@pytest.mark.parametrize(
    ("ics", "why"),
    [
        (b"", "no calendar in it"),
        (b"<!doctype html>", "cannot be read"),
        (b"BEGIN:VCARD\r\nVERSION:4.0\r\nEND:VCARD\r\n", "no calendar in it"),
        (b"BEGIN:VCALENDAR\r\n" * 5000, "no calendar in it"),
        (b"x" * (2 * 1024 * 1024 + 1), "at most 2,097,152"),
        (b"BEGIN:VCALENDAR\r\n" + b"BEGIN:VEVENT\r\nEND:VEVENT\r\n" * 20_001, "more than 20,000 events"),
    ],
)
def test_what_is_no_calendar_says_so(ics: bytes, why: str) -> None:
    with pytest.raises(UnreadableCalendar, match=why):
        january(ics)


def test_more_occurrences_than_anybody_can_look_at_are_refused() -> None:
    hourly = "DTSTART:20260101T000000Z\nDURATION:PT1H\nRRULE:FREQ=HOURLY\nSUMMARY:Cyd"
    with pytest.raises(UnreadableCalendar, match="more than 20,000 occurrences"):
        january(calendar(*[hourly] * 40))


_LINES = st.sampled_from(
    ["BEGIN:VEVENT", "END:VEVENT", "BEGIN:VCALENDAR", "END:VCALENDAR", "BEGIN:VTIMEZONE", "END:VTIMEZONE", "TZID:Mine",
     "BEGIN:STANDARD", "END:STANDARD", "TZOFFSETFROM:+0100", "TZOFFSETTO:+9900", "UID:1", "UID:2", "SUMMARY:Ana Ruiz",
     "DTSTART:20260105T090000Z", "DTSTART;TZID=Mine:20260105T090000", "DTSTART;VALUE=DATE:20260105", "DTSTART:00010101",
     "DTSTART:99991231T235959Z", "DTSTART:P1D", "DTSTART:120000", "DTEND:20260106", "DTEND:20250101T000000Z",
     "DTEND;TZID=X:20260106T090000", "DTEND:99991231", "DURATION:P1D", "DURATION:-P1W", "DURATION:P99999999W",
     "RRULE:FREQ=DAILY", "RRULE:FREQ=DAILY;COUNT=-1", "RRULE:FREQ=YEARLY;UNTIL=20260110", "RRULE:FREQ=WEEKLY;BYDAY=9XX",
     "RRULE:FREQ=MONTHLY;INTERVAL=0", "RRULE:FREQ=DAILY;UNTIL=00000000", "RRULE:X", "RDATE:20260107", "RDATE:",
     "RDATE;VALUE=PERIOD:20260107T000000Z/PT1H", "EXDATE:20260105T090000Z", "EXDATE:", "RECURRENCE-ID:20260105T090000Z",
     "RECURRENCE-ID;RANGE=THISANDFUTURE:20260105", "SEQUENCE:x", "STATUS:CANCELLED", "ATTENDEE;CN=\"x:y", "ATTENDEE:",
     "X-WR-TIMEZONE:Europe/Paris", "X-WR-TIMEZONE:", "CALSCALE:OTHER", ";;;", ":", " folded", "SUMMARY;X=1:\\"]
)  # fmt: skip


@settings(deadline=None, max_examples=300)
@given(st.lists(_LINES, max_size=25), st.binary(max_size=40), st.integers(0, 200))
def test_garbage_is_read_or_refused_and_never_anything_else(lines: list[str], noise: bytes, place: int) -> None:
    text = "\r\n".join(["BEGIN:VCALENDAR", "BEGIN:VEVENT", *lines, "END:VEVENT", "END:VCALENDAR"]).encode()
    try:
        reading = january(text[:place] + noise + text[place:])
    except UnreadableCalendar:
        return
    assert all(span.start < span.end for span in reading.spans)


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=300))
def test_bytes_are_refused(noise: bytes) -> None:
    with pytest.raises(UnreadableCalendar):
        january(noise)


_PIECES = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 40), st.integers(1, 20), st.sampled_from((ANA, BO, CYD))), max_size=15
)


@settings(deadline=None)
@given(_PIECES)
def test_covering_agrees_with_looking_at_every_hour(pieces: list[tuple[int, int, int, str]]) -> None:
    hour = [at("2026-01-01") + timedelta(hours=number) for number in range(70)]
    spans: dict[int, list[Span]] = {}
    for level, start, length, who in pieces:
        spans.setdefault(level, []).append(Span(start=hour[start], end=hour[start + length], users=(who,)))
    reading = Reading(spans=tuple(spans.pop(0, ())), levels={level: tuple(found) for level, found in spans.items()})
    told_by = covering(reading)
    for number in range(65):
        here = [piece for piece in pieces if piece[1] <= number < piece[1] + piece[2]]
        highest = max((piece[0] for piece in here), default=0)
        expected = sorted(piece[3] for piece in here if piece[0] == highest)
        assert sorted(one.users[0] for one in told_by if one.start <= hour[number] < one.end) == expected
