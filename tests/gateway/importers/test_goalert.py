"""A dump of GoAlert: its shifts reckoned by hand, and a word for everything that does not fit."""

from domain.channels import ChannelName
from domain.target import OnCall, Person, WebhookCall
from gateway.importers import goalert
from tests.support.months import dump, lines, march

IMPORTED = goalert.read(dump("goalert"))

# Weekly, Mondays 09:00 in Paris: Ana is active on the 1st, whatever the start says. Cy beside her or Bo from 22:00 to
# 06:00 in the nights that begin on Saturdays and Sundays. Overrides: Cy for Ana on the 10th, Cy as well on the 11th,
# Ana not on the 12th, 12:00 to 18:00 each. The 16th is a temporary schedule: Cy until 12:00, Bo from 10:00 to 18:00.
OPS = """
    01 00:00 - 01 05:00 ana cy
    01 05:00 - 01 21:00 ana
    01 21:00 - 02 05:00 ana cy
    02 05:00 - 02 08:00 ana
    02 08:00 - 07 21:00 bo
    07 21:00 - 08 05:00 bo cy
    08 05:00 - 08 21:00 bo
    08 21:00 - 09 05:00 bo cy
    09 05:00 - 09 08:00 bo
    09 08:00 - 10 12:00 ana
    10 12:00 - 10 18:00 cy
    10 18:00 - 11 12:00 ana
    11 12:00 - 11 18:00 ana cy
    11 18:00 - 12 12:00 ana
    12 18:00 - 14 21:00 ana
    14 21:00 - 15 05:00 ana cy
    15 05:00 - 15 21:00 ana
    15 21:00 - 16 00:00 ana cy
    16 00:00 - 16 10:00 cy
    16 10:00 - 16 12:00 cy bo
    16 12:00 - 16 18:00 bo
    17 00:00 - 21 21:00 bo
    21 21:00 - 22 05:00 bo cy
    22 05:00 - 22 21:00 bo
    22 21:00 - 23 05:00 bo cy
    23 05:00 - 23 08:00 bo
    23 08:00 - 28 21:00 ana
    28 21:00 - 29 04:00 ana cy
    29 04:00 - 29 20:00 ana
    29 20:00 - 30 04:00 ana cy
    30 04:00 - 30 07:00 ana
    30 07:00 - 32 00:00 bo
"""

# Two days each, hand-off at 09:00: Bo is active on the 1st, in the turn that began on 28 February (54 days: the 27th).
DAILY = """
    01 00:00 - 02 08:00 bo
    02 08:00 - 04 08:00 cy
    04 08:00 - 06 08:00 bo
    06 08:00 - 08 08:00 cy
    08 08:00 - 10 08:00 bo
    10 08:00 - 12 08:00 cy
    12 08:00 - 14 08:00 bo
    14 08:00 - 16 08:00 cy
    16 08:00 - 18 08:00 bo
    18 08:00 - 20 08:00 cy
    20 08:00 - 22 08:00 bo
    22 08:00 - 24 08:00 cy
    24 08:00 - 26 08:00 bo
    26 08:00 - 28 08:00 cy
    28 08:00 - 30 07:00 bo
    30 07:00 - 32 00:00 cy
"""


def test_the_month_of_targets_side_by_side() -> None:
    assert march(IMPORTED.catalogue, "Ops") == lines(OPS)


def test_the_month_of_a_rotation_that_only_a_policy_names() -> None:
    assert march(IMPORTED.catalogue, "Daily") == lines(DAILY)


def test_each_step_waits_for_the_one_before_and_all_of_them_are_repeated() -> None:
    (policy,) = IMPORTED.catalogue.policies
    assert (policy.repeat, policy.repeat_seconds, policy.max_rounds) == ("all", 1200, 4)
    assert [step.after_seconds for step in policy.steps] == [0, 900, 1500]
    assert policy.targets() == [
        OnCall(schedule="Ops"),
        OnCall(schedule="Daily"),
        WebhookCall(url="https://hook.example/x"),
        Person(email="ana@example.com"),
    ]


def test_people_with_their_ways_and_rules() -> None:
    ana = IMPORTED.catalogue.user_named["ana@example.com"]
    assert ana.role == "admin"
    assert [(method.channel, method.verified) for method in ana.contact_methods] == [
        (ChannelName.SMS, True),
        (ChannelName.PHONE, False),
    ]
    assert {(rule.urgency, rule.after_seconds, rule.channel) for rule in ana.notification_rules} == {
        (urgency, *how) for urgency in ("high", "low") for how in ((0, ChannelName.SMS), (180, ChannelName.PHONE))
    }


def test_what_did_not_fit_is_named() -> None:
    assert [(one.name, one.team, one.policy) for one in IMPORTED.catalogue.services] == [
        ("mail", "Imported from GoAlert", "Ops")
    ]
    assert IMPORTED.left_out == (
        "user “Zed”: has no e-mail address.",
        "policy “Ops”: slackChannel “#ops” is not in the dump, or was left out, or of a kind not taken over.",
        "team “Imported from GoAlert”: made for the services that belong to no team: give them to the right ones.",
    )


def test_a_rotation_by_other_clocks_is_told() -> None:
    said = dump("goalert")
    said["rotations"]["nodes"][0]["timeZone"] = "America/Chicago"
    assert any("hands over by the clocks of America/Chicago" in one for one in goalert.read(said).left_out)
