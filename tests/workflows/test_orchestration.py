"""Document and room side by side, then the broadcast, then the ladder."""

from tests.support.house import House


async def test_document_and_room_then_broadcast_then_ladder(product: House) -> None:
    incident = await product.report()
    await incident.until_finished()
    await incident.until_step("p1.r1.s1")
    types = await incident.types()
    assert types[0] == "STATUS_CHANGE"
    assert max(types.index("DOCUMENT_CREATED"), types.index("WAR_ROOM_CREATED")) < types.index("ALERT_SENT")
    assert await incident.steps() == ["p1.created", "p1.r1.s1"]
