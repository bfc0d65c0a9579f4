"""Overrides, over hand-offs and clock changes. The clock changes are told in case.py."""

from tests.domain.schedule.build import PARIS, always, hours, layer, override, rotation, schedule
from tests.domain.schedule.case import Case

WEEKS = rotation("weekly", "2026-01-05T09:00+01:00", "ana bo")
"""Ana until 12 January at 08:00 UTC, then bo."""
OVER_HAND_OFF = ("2026-01-12 06:00", "2026-01-12 10:00")
AROUND = "2026-01-12 04:00 > 2026-01-12 12:00"

OVERRIDDEN = [
    Case(
        "replaced for two hours",
        schedule(PARIS, WEEKS, overrides=(override("replace", "2026-01-06 10:00", "2026-01-06 12:00", "cy"),)),
        "2026-01-06 00:00 > 2026-01-07 00:00",
        ["01-06 00:00 > 01-06 10:00 ana", "01-06 10:00 > 01-06 12:00 cy !", "01-06 12:00 > 01-07 00:00 ana"],
    ),
    Case(
        "replaced over a hand-off",
        schedule(PARIS, WEEKS, overrides=(override("replace", *OVER_HAND_OFF, "cy"),)),
        AROUND,
        ["01-12 04:00 > 01-12 06:00 ana", "01-12 06:00 > 01-12 10:00 cy !", "01-12 10:00 > 01-12 12:00 bo"],
    ),
    Case(
        "replaced over a hand-off, not merged",
        schedule(PARIS, WEEKS, overrides=(override("replace", *OVER_HAND_OFF, "cy"),)),
        AROUND,
        [
            "01-12 04:00 > 01-12 06:00 ana",
            "01-12 06:00 > 01-12 08:00 cy !",
            "01-12 08:00 > 01-12 10:00 cy !",
            "01-12 10:00 > 01-12 12:00 bo",
        ],
        merge=False,
    ),
    Case(
        "one person replaced, over a hand-off",
        schedule(PARIS, WEEKS, overrides=(override("replace", *OVER_HAND_OFF, "cy", replaces="ana"),)),
        AROUND,
        ["01-12 04:00 > 01-12 06:00 ana", "01-12 06:00 > 01-12 08:00 cy !", "01-12 08:00 > 01-12 12:00 bo"],
    ),
    Case(
        "one of two replaced",
        schedule(PARIS, always("bo+cy"), overrides=(override("replace", *OVER_HAND_OFF, "di", replaces="Bo"),)),
        "2026-01-12 05:00 > 2026-01-12 10:00",
        ["01-12 05:00 > 01-12 06:00 bo+cy", "01-12 06:00 > 01-12 10:00 di+cy !"],
    ),
    Case(
        "one of two replaced by the other",
        schedule(PARIS, always("bo+cy"), overrides=(override("replace", *OVER_HAND_OFF, "cy", replaces="bo"),)),
        "2026-01-12 05:00 > 2026-01-12 10:00",
        ["01-12 05:00 > 01-12 06:00 bo+cy", "01-12 06:00 > 01-12 10:00 cy !"],
    ),
    Case(
        "somebody replaced who is not on call",
        schedule(PARIS, WEEKS, overrides=(override("replace", *OVER_HAND_OFF, "cy", replaces="di"),)),
        AROUND,
        ["01-12 04:00 > 01-12 08:00 ana", "01-12 08:00 > 01-12 12:00 bo"],
    ),
    Case(
        "somebody added, over a hand-off",
        schedule(PARIS, WEEKS, overrides=(override("add", *OVER_HAND_OFF, "cy"),)),
        AROUND,
        [
            "01-12 04:00 > 01-12 06:00 ana",
            "01-12 06:00 > 01-12 08:00 ana+cy !",
            "01-12 08:00 > 01-12 10:00 bo+cy !",
            "01-12 10:00 > 01-12 12:00 bo",
        ],
    ),
    Case(
        "somebody removed, over a hand-off",
        schedule(PARIS, WEEKS, overrides=(override("remove", *OVER_HAND_OFF, "ana"),)),
        AROUND,
        ["01-12 04:00 > 01-12 06:00 ana", "01-12 08:00 > 01-12 12:00 bo"],
    ),
    Case(
        "somebody removed who is not on call",
        schedule(PARIS, always("bo+cy"), overrides=(override("remove", *OVER_HAND_OFF, "di"),)),
        "2026-01-12 05:00 > 2026-01-12 10:00",
        ["01-12 05:00 > 01-12 10:00 bo+cy"],
    ),
    Case(
        "everybody removed",
        schedule(PARIS, WEEKS, overrides=(override("remove", *OVER_HAND_OFF),)),
        AROUND,
        ["01-12 04:00 > 01-12 06:00 ana", "01-12 10:00 > 01-12 12:00 bo"],
    ),
    Case(
        "a later override acts on what an earlier one left",
        schedule(
            PARIS,
            WEEKS,
            overrides=(
                override("replace", *OVER_HAND_OFF, "cy"),
                override("replace", "2026-01-12 07:00", "2026-01-12 09:00", "di", replaces="cy"),
                override("add", "2026-01-12 09:00", "2026-01-12 11:00", "ana"),
            ),
        ),
        AROUND,
        [
            "01-12 04:00 > 01-12 06:00 ana",
            "01-12 06:00 > 01-12 07:00 cy !",
            "01-12 07:00 > 01-12 09:00 di !",
            "01-12 09:00 > 01-12 10:00 cy+ana !",
            "01-12 10:00 > 01-12 11:00 bo+ana !",
            "01-12 11:00 > 01-12 12:00 bo",
        ],
    ),
    Case(
        "another level is not touched",
        schedule(
            PARIS,
            always("ana"),
            layer(always("bo"), name="backup", level=2),
            overrides=(override("replace", *OVER_HAND_OFF, "cy", level=2),),
        ),
        "2026-01-12 06:00 > 2026-01-12 12:00",
        [
            "01-12 06:00 > 01-12 12:00 ana",
            "01-12 06:00 > 01-12 10:00 cy L2 @backup !",
            "01-12 10:00 > 01-12 12:00 bo L2 @backup",
        ],
    ),
    Case(
        "at a level that has no layer",
        schedule(PARIS, always("ana"), overrides=(override("add", *OVER_HAND_OFF, "cy", level=3),)),
        "2026-01-12 05:00 > 2026-01-12 12:00",
        ["01-12 05:00 > 01-12 12:00 ana", "01-12 06:00 > 01-12 10:00 cy L3 @ !"],
    ),
    Case(
        # Office hours end at 16:00 UTC; there is no layer to act on after that.
        "a gap is filled",
        schedule(
            PARIS,
            always("ana", hours("09:00-17:00")),
            overrides=(override("add", "2026-01-05 15:00", "2026-01-05 18:00", "cy"),),
        ),
        "2026-01-05 14:00 > 2026-01-05 20:00",
        ["01-05 14:00 > 01-05 15:00 ana", "01-05 15:00 > 01-05 16:00 ana+cy !", "01-05 16:00 > 01-05 18:00 cy @ !"],
    ),
    Case(
        "one person replaced fills no gap",
        schedule(
            PARIS,
            always("ana", hours("09:00-17:00")),
            overrides=(override("replace", "2026-01-05 15:00", "2026-01-05 18:00", "cy", replaces="ana"),),
        ),
        "2026-01-05 14:00 > 2026-01-05 20:00",
        ["01-05 14:00 > 01-05 15:00 ana", "01-05 15:00 > 01-05 16:00 cy !"],
    ),
    Case(
        # Overrides are instants: ten hours, though clocks show eleven. Ana has the day until 07:00 UTC.
        "over a clock change",
        schedule(
            PARIS,
            rotation("daily", "2026-01-05T09:00+01:00", "ana bo"),
            overrides=(override("replace", "2026-03-28 20:00", "2026-03-29 06:00", "cy"),),
        ),
        "2026-03-28 18:00 > 2026-03-29 08:00",
        [
            "03-28 18:00 > 03-28 20:00 ana",
            "03-28 20:00 > 03-29 06:00 cy !",
            "03-29 06:00 > 03-29 07:00 ana",
            "03-29 07:00 > 03-29 08:00 bo",
        ],
    ),
    Case(
        # From 20:00 UTC to the second 02:30, 01:30 UTC; the hand-off at 02:30 was at the first, and cy still there.
        "over a clock change, and a hand-off in the repeated hour",
        schedule(
            PARIS,
            rotation("daily", "2026-10-24T02:30+02:00", "ana bo cy"),
            overrides=(override("replace", "2026-10-24 20:00", "2026-10-25 01:30", "di"),),
        ),
        "2026-10-24 18:00 > 2026-10-25 03:00",
        ["10-24 18:00 > 10-24 20:00 ana", "10-24 20:00 > 10-25 01:30 di !", "10-25 01:30 > 10-25 03:00 bo"],
    ),
    Case(
        "longer than the question",
        schedule(PARIS, WEEKS, overrides=(override("replace", "2026-01-01 00:00", "2026-02-01 00:00", "cy"),)),
        AROUND,
        ["01-12 04:00 > 01-12 12:00 cy !"],
    ),
    Case(
        "replaced by the same person",
        schedule(PARIS, WEEKS, overrides=(override("replace", *OVER_HAND_OFF, "bo"),)),
        AROUND,
        ["01-12 04:00 > 01-12 06:00 ana", "01-12 06:00 > 01-12 10:00 bo !", "01-12 10:00 > 01-12 12:00 bo"],
    ),
]
