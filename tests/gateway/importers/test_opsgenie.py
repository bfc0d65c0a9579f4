"""A dump of Opsgenie: its shifts reckoned by hand, and a word for everything that does not fit."""

from domain.target import NextOnCall, OnCall, Person, TeamMembers
from gateway.importers import opsgenie
from tests.support.months import dump, lines, march

IMPORTED = opsgenie.read(dump("opsgenie"))

# All rotations go on beside one another, in Chicago: 08:00 is 14:00 until the 8th and 13:00 from then on.
# Days, 08:00 to 20:00: Ana, Bo, nobody; 28 February is the 54th day after 5 January, so Ana's. Nights: two weeks each,
# Cy first; 2 March is the fourth hand-off, so Cy's. Weekend: Eve from Friday 18:30 to Monday 08:00.
CORE = """
    01 00:00 - 01 02:00 ana eve
    01 02:00 - 01 14:00 dee eve
    01 14:00 - 02 02:00 bo eve
    02 02:00 - 02 14:00 dee eve
    03 02:00 - 03 14:00 cy
    03 14:00 - 04 02:00 ana
    04 02:00 - 04 14:00 cy
    04 14:00 - 05 02:00 bo
    05 02:00 - 05 14:00 cy
    06 02:00 - 06 14:00 cy
    06 14:00 - 07 00:30 ana
    07 00:30 - 07 02:00 ana eve
    07 02:00 - 07 14:00 cy eve
    07 14:00 - 08 02:00 bo eve
    08 02:00 - 08 13:00 cy eve
    08 13:00 - 09 01:00 eve
    09 01:00 - 09 13:00 cy eve
    09 13:00 - 10 01:00 ana
    10 01:00 - 10 13:00 cy
    10 13:00 - 11 01:00 bo
    11 01:00 - 11 13:00 cy
    12 01:00 - 12 13:00 cy
    12 13:00 - 13 01:00 ana
    13 01:00 - 13 13:00 cy
    13 13:00 - 13 23:30 bo
    13 23:30 - 14 01:00 bo eve
    14 01:00 - 14 13:00 cy eve
    14 13:00 - 15 01:00 eve
    15 01:00 - 15 13:00 cy eve
    15 13:00 - 16 01:00 ana eve
    16 01:00 - 16 13:00 cy eve
    16 13:00 - 17 01:00 bo
    17 01:00 - 17 13:00 dee
    18 01:00 - 18 13:00 dee
    18 13:00 - 19 01:00 ana
    19 01:00 - 19 13:00 dee
    19 13:00 - 20 01:00 bo
    20 01:00 - 20 13:00 dee
    20 23:30 - 21 01:00 eve
    21 01:00 - 21 13:00 dee eve
    21 13:00 - 22 01:00 ana eve
    22 01:00 - 22 13:00 dee eve
    22 13:00 - 23 01:00 bo eve
    23 01:00 - 23 13:00 dee eve
    24 01:00 - 24 13:00 dee
    24 13:00 - 25 01:00 ana
    25 01:00 - 25 13:00 dee
    25 13:00 - 26 01:00 bo
    26 01:00 - 26 13:00 dee
    27 01:00 - 27 13:00 dee
    27 13:00 - 27 23:30 ana
    27 23:30 - 28 01:00 ana eve
    28 01:00 - 28 13:00 dee eve
    28 13:00 - 29 01:00 bo eve
    29 01:00 - 29 13:00 dee eve
    29 13:00 - 30 01:00 eve
    30 01:00 - 30 13:00 dee eve
    30 13:00 - 31 01:00 ana
    31 01:00 - 31 13:00 cy
    31 13:00 - 32 00:00 bo
"""


def test_the_month_of_rotations_side_by_side() -> None:
    assert march(IMPORTED.catalogue, "Core_schedule") == lines(CORE)


def test_delays_count_from_the_alert() -> None:
    (policy,) = IMPORTED.catalogue.policies
    assert (policy.repeat, policy.repeat_seconds, policy.max_rounds) == ("all", 900, 4)
    assert [step.after_seconds for step in policy.steps] == [0, 300, 600, 3600]
    assert policy.targets() == [
        OnCall(schedule="Core_schedule"),
        NextOnCall(schedule="Core_schedule"),
        Person(email="dee@example.com"),
        TeamMembers(team="Core"),
    ]


def test_an_interval_of_0_is_no_repetition() -> None:
    said = dump("opsgenie")
    said["escalations"][0]["repeat"]["waitInterval"] = 0
    (policy,) = opsgenie.read(said).catalogue.policies
    assert policy.max_rounds == 1


def test_a_team_has_the_schedule_and_the_escalation_that_it_owns() -> None:
    (team,) = IMPORTED.catalogue.teams
    assert (team.schedule, team.policy) == ("Core_schedule", "Core_escalation")
    assert team.members == ("ana@example.com", "bo@example.com")
    assert [(one.name, one.team) for one in IMPORTED.catalogue.services] == [("checkout", "Core")]


def test_numbers_are_as_one_dials_them() -> None:
    sms, voice = IMPORTED.catalogue.user_named["ana@example.com"].contact_methods
    assert (sms.address, sms.verified, voice.verified) == ("+13125550100", True, False)
    assert not IMPORTED.catalogue.user_named["eve@example.com"].is_active


def test_what_did_not_fit_is_named() -> None:
    assert IMPORTED.left_out == (
        "user “ana@example.com”: contact method “mobile” is of a kind that there is not here.",
        "schedule “Core_schedule”, rotation “Later”: begins on 2026-06-01 only: add it then.",
        "schedule “Unused”: is disabled.",
        "policy “Core_escalation”: a rule for acknowledged alerts that are not closed: it stops at both here.",
        "policy “Core_escalation”: closing the alert after the last repetition.",
    )
