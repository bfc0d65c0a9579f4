"""Layers, levels, people together, calendars. The clock changes are told in case.py."""

from tests.domain.schedule.build import PARIS, always, hours, layer, rotation, schedule, span, utc
from tests.domain.schedule.case import Case

OFFICE = "mon tue wed thu fri"

SUN = (
    always("kei", hours("00:00-08:00")),
    always("ana", hours("08:00-16:00")),
    always("bo", hours("16:00-24:00")),
)

LAYERED = [
    Case(
        "follow the sun, three rotations of a layer",
        schedule(PARIS, layer(*SUN)),
        "2026-01-05 23:00 > 2026-01-06 23:00",
        ["01-05 23:00 > 01-06 07:00 kei", "01-06 07:00 > 01-06 15:00 ana", "01-06 15:00 > 01-06 23:00 bo"],
    ),
    Case(
        # Kei's eight hours are seven.
        "follow the sun, Paris springs forward",
        schedule(PARIS, layer(*SUN)),
        "2026-03-28 23:00 > 2026-03-29 22:00",
        ["03-28 23:00 > 03-29 06:00 kei", "03-29 06:00 > 03-29 14:00 ana", "03-29 14:00 > 03-29 22:00 bo"],
    ),
    Case(
        # Kei's eight hours are nine.
        "follow the sun, Paris falls back, three layers",
        schedule(PARIS, *SUN),
        "2026-10-24 22:00 > 2026-10-25 23:00",
        ["10-24 22:00 > 10-25 07:00 kei", "10-25 07:00 > 10-25 15:00 ana", "10-25 15:00 > 10-25 23:00 bo"],
    ),
    Case(
        "the later layer wins where it has somebody",
        schedule(PARIS, always("ana"), layer(always("cy", hours("09:00-17:00", OFFICE)), name="office")),
        "2026-01-05 00:00 > 2026-01-06 00:00",
        ["01-05 00:00 > 01-05 08:00 ana", "01-05 08:00 > 01-05 16:00 cy @office", "01-05 16:00 > 01-06 00:00 ana"],
    ),
    Case(
        "of three layers the last wins, then the second",
        schedule(
            PARIS,
            always("ana"),
            layer(always("bo", hours("08:00-18:00")), name="second"),
            layer(always("cy", hours("12:00-13:00")), name="third"),
        ),
        "2026-01-05 06:00 > 2026-01-05 18:00",
        [
            "01-05 06:00 > 01-05 07:00 ana",
            "01-05 07:00 > 01-05 11:00 bo @second",
            "01-05 11:00 > 01-05 12:00 cy @third",
            "01-05 12:00 > 01-05 17:00 bo @second",
            "01-05 17:00 > 01-05 18:00 ana",
        ],
    ),
    Case(
        "an earlier layer under a whole later one is not seen",
        schedule(PARIS, always("ana", hours("09:00-17:00")), layer(always("bo"), name="later")),
        "2026-01-05 00:00 > 2026-01-06 00:00",
        ["01-05 00:00 > 01-06 00:00 bo @later"],
    ),
    Case(
        # Monday is nobody's in the later layer.
        "a turn of nobody lets the layer below through",
        schedule(PARIS, always("ana"), layer(rotation("daily", "2026-01-05T00:00+01:00", "- cy"), name="later")),
        "2026-01-04 23:00 > 2026-01-06 23:00",
        ["01-04 23:00 > 01-05 23:00 ana", "01-05 23:00 > 01-06 23:00 cy @later"],
    ),
    Case(
        "a turn of nobody leaves a gap",
        schedule(PARIS, rotation("daily", "2026-01-05T00:00+01:00", "- cy")),
        "2026-01-04 23:00 > 2026-01-07 23:00",
        ["01-05 23:00 > 01-06 23:00 cy"],
    ),
    Case(
        "levels stand beside each other",
        schedule(
            PARIS,
            layer(rotation("daily", "2026-01-05T09:00+01:00", "bo ana"), name="backup", level=2),
            rotation("daily", "2026-01-05T09:00+01:00", "ana bo"),
        ),
        "2026-01-05 08:00 > 2026-01-06 12:00",
        [
            "01-05 08:00 > 01-06 08:00 ana",
            "01-05 08:00 > 01-06 08:00 bo L2 @backup",
            "01-06 08:00 > 01-06 12:00 bo",
            "01-06 08:00 > 01-06 12:00 ana L2 @backup",
        ],
    ),
    Case(
        "rotations of one layer are on call together",
        schedule(PARIS, layer(always("ana"), always("cy", hours("09:00-17:00")))),
        "2026-01-05 00:00 > 2026-01-06 00:00",
        ["01-05 00:00 > 01-05 08:00 ana", "01-05 08:00 > 01-05 16:00 ana+cy", "01-05 16:00 > 01-06 00:00 ana"],
    ),
    Case(
        "nobody is on call twice at once",
        schedule(PARIS, layer(always("ana"), always("bo+ana+Ana"))),
        "2026-01-05 00:00 > 2026-01-06 00:00",
        ["01-05 00:00 > 01-06 00:00 ana+bo"],
    ),
    Case(
        "several people in a turn",
        schedule(PARIS, rotation("daily", "2026-01-05T09:00+01:00", "ana bo+cy")),
        "2026-01-05 08:00 > 2026-01-07 08:00",
        ["01-05 08:00 > 01-06 08:00 ana", "01-06 08:00 > 01-07 08:00 bo+cy"],
    ),
    Case(
        "a rotation that has ended leaves its time to the layer below",
        schedule(PARIS, always("ana"), layer(always("bo", until=utc("2026-01-06 11:00")), name="later")),
        "2026-01-06 00:00 > 2026-01-07 00:00",
        ["01-06 00:00 > 01-06 11:00 bo @later", "01-06 11:00 > 01-07 00:00 ana"],
    ),
    Case(
        "turns of the same person are one shift",
        schedule(PARIS, rotation("daily", "2026-01-05T09:00+01:00", "ana ana bo")),
        "2026-01-05 08:00 > 2026-01-08 08:00",
        ["01-05 08:00 > 01-07 08:00 ana", "01-07 08:00 > 01-08 08:00 bo"],
    ),
    Case(
        "turns of the same person, not merged",
        schedule(PARIS, rotation("daily", "2026-01-05T09:00+01:00", "ana ana bo")),
        "2026-01-05 08:00 > 2026-01-08 08:00",
        ["01-05 08:00 > 01-06 08:00 ana", "01-06 08:00 > 01-07 08:00 ana", "01-07 08:00 > 01-08 08:00 bo"],
        merge=False,
    ),
    Case(
        # ana in both layers: the layer is part of a shift.
        "the same person by another layer is another shift",
        schedule(PARIS, always("ana"), layer(always("ana", hours("09:00-17:00")), name="office")),
        "2026-01-05 06:00 > 2026-01-05 10:00",
        ["01-05 06:00 > 01-05 08:00 ana", "01-05 08:00 > 01-05 10:00 ana @office"],
    ),
    Case(
        "a calendar",
        schedule(
            PARIS,
            layer(
                calendar="cal",
                spans=(
                    span("2026-01-05 10:00", "2026-01-05 14:00", "ana"),
                    span("2026-01-05 12:00", "2026-01-06 12:00", "bo"),
                ),
            ),
        ),
        "2026-01-05 00:00 > 2026-01-06 00:00",
        ["01-05 10:00 > 01-05 12:00 ana", "01-05 12:00 > 01-05 14:00 ana+bo", "01-05 14:00 > 01-06 00:00 bo"],
    ),
    Case(
        "a calendar beside a rotation of its layer, over another layer",
        schedule(
            PARIS,
            layer(always("di"), name="base"),
            layer(
                always("cy", hours("11:00-13:00")),
                calendar="cal",
                spans=(span("2026-01-05 11:00", "2026-01-05 14:00", "ana"),),
            ),
        ),
        "2026-01-05 09:00 > 2026-01-05 15:00",
        [
            "01-05 09:00 > 01-05 10:00 di @base",
            "01-05 10:00 > 01-05 11:00 cy",
            "01-05 11:00 > 01-05 12:00 cy+ana",
            "01-05 12:00 > 01-05 14:00 ana",
            "01-05 14:00 > 01-05 15:00 di @base",
        ],
    ),
]
