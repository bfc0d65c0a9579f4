"""A dump of PagerDuty: its shifts reckoned by hand, and a word for everything that does not fit."""

import pytest

from domain.channels import ChannelName
from domain.person import ContactMethod, PersonalRule
from domain.target import OnCall, People, Person
from gateway.importers import pagerduty
from tests.support.months import dump, lines, march

IMPORTED = pagerduty.read(dump("pagerduty"))

# Base: weeks from Monday 5 January 09:00, the 2nd of March is the 8th hand-off, so Ana's. Weekend goes before it from
# Saturday to Monday midnight. The clocks go forward on the 29th: midnight is 22:00, 09:00 is 07:00. Dee overrides.
PAYMENTS = """
    01 00:00 - 01 23:00 cy
    01 23:00 - 02 08:00 bo
    02 08:00 - 06 23:00 ana
    06 23:00 - 08 23:00 cy
    08 23:00 - 09 08:00 ana
    09 08:00 - 11 12:00 bo
    11 12:00 - 11 18:00 dee
    11 18:00 - 13 23:00 bo
    13 23:00 - 15 23:00 cy
    15 23:00 - 16 08:00 bo
    16 08:00 - 20 23:00 ana
    20 23:00 - 22 23:00 cy
    22 23:00 - 23 08:00 ana
    23 08:00 - 27 23:00 bo
    27 23:00 - 29 22:00 cy
    29 22:00 - 30 07:00 bo
    30 07:00 - 32 00:00 ana
"""

# From 5 January, turns of a day at 20:00 New York: 28 February is the 54th, so Ana's; the second of three is
# nobody's. The clocks go forward on the 8th: 20:00 is 01:00 before and 00:00 after. The layer ends on the 20th, 00:00.
NIGHTS = """
    01 01:00 - 01 13:00 ana
    03 01:00 - 03 13:00 bo
    04 01:00 - 04 13:00 ana
    06 01:00 - 06 13:00 bo
    07 01:00 - 07 13:00 ana
    09 00:00 - 09 12:00 bo
    10 00:00 - 10 12:00 ana
    12 00:00 - 12 12:00 bo
    13 00:00 - 13 12:00 ana
    15 00:00 - 15 12:00 bo
    16 00:00 - 16 12:00 ana
    18 00:00 - 18 12:00 bo
    19 00:00 - 19 12:00 ana
"""


def test_the_month_of_layers_where_the_first_in_the_list_goes_before_the_others() -> None:
    assert march(IMPORTED.catalogue, "Payments on call") == lines(PAYMENTS)


def test_the_month_of_nights_across_the_clock_change() -> None:
    assert march(IMPORTED.catalogue, "Nights") == lines(NIGHTS)


def test_each_rule_waits_for_the_one_before_and_all_of_them_are_repeated() -> None:
    (policy,) = IMPORTED.catalogue.policies
    assert (policy.name, policy.repeat, policy.repeat_seconds, policy.max_rounds) == ("Payments", "all", 1800, 3)
    assert [step.after_seconds for step in policy.steps] == [0, 300, 900]
    assert policy.targets() == [
        OnCall(schedule="Payments on call"),
        People(emails=("ana@example.com", "bo@example.com"), pick="round_robin"),
        Person(email="cy@example.com"),
        OnCall(schedule="Nights"),
    ]


def test_people_with_their_ways_and_rules() -> None:
    ana = IMPORTED.catalogue.user_named["ana@example.com"]
    assert (ana.name, ana.title, ana.role, ana.time_zone) == ("Ana Ruiz", "SRE", "admin", "Europe/Paris")
    assert ana.contact_methods == (
        ContactMethod(channel=ChannelName.EMAIL, address="ana@example.com", verified=True),
        ContactMethod(channel=ChannelName.PHONE, address="+33612345678", verified=True),
        ContactMethod(channel=ChannelName.SMS, address="+33612345678", verified=False),
    )
    assert ana.notification_rules == (
        PersonalRule(channel=ChannelName.PUSH),
        PersonalRule(after_seconds=120, channel=ChannelName.PHONE),
        PersonalRule(urgency="low", channel=ChannelName.EMAIL),
    )
    assert IMPORTED.catalogue.user_named["dee@example.com"].role == "viewer"


@pytest.mark.parametrize(
    ("said", "verified"),
    [({}, True), ({"enabled": True}, True), ({"enabled": False}, False), ({"blacklisted": True}, False)],
)
def test_a_number_that_cannot_get_sms_is_not_verified(said: dict[str, bool], verified: bool) -> None:
    whole = dump("pagerduty")
    sms = {"type": "sms_contact_method", "address": "612345678", "country_code": 33}
    whole["users"][0]["contact_methods"] = [sms | said]
    (method,) = pagerduty.read(whole).catalogue.user_named["ana@example.com"].contact_methods
    assert method.verified is verified


def test_services_and_teams() -> None:
    api, legacy = IMPORTED.catalogue.services
    assert (api.team, api.policy, api.is_active) == ("Payments", "Payments", True)
    assert (legacy.team, legacy.is_active) == ("Imported from PagerDuty", False)
    assert IMPORTED.catalogue.team_named["Payments"].members == ("ana@example.com", "bo@example.com")


def test_what_did_not_fit_is_named() -> None:
    assert IMPORTED.left_out == (
        "user “Ana Ruiz”, contact method “iPhone”: the push app of PagerDuty cannot be used here.",
        "schedule “Payments on call”, layer “Odd turns”: its turns are not of whole hours.",
        "schedule “Payments on call”, layer “From summer on”: begins on 2026-06-01 only: add it then.",
        "schedule “Nights”, layer “Nights”: user “Zed” is not in the dump, or was left out.",
        "service “payments-api”: resolving by itself after a time.",
        "service “payments-api”: acknowledgement_timeout: set it on the policy, if it is wanted.",
        "team “Imported from PagerDuty”: made for the services that belong to no team: give them to the right ones.",
    )
