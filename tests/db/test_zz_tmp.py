import dataclasses
from sqlalchemy import select
import db.intake as intake
from db.models import Outbox
from tests.db.test_merging import fired, merge
from tests.support.house import House

HIT = """
), hit AS MATERIALIZED (
    SELECT DISTINCT ON (slot.incident_id) slot.incident_id, slot.incident_id = grp.incident_id AS opens, grp.key, grp.service_id, grp.item,
           sum(grp.alerts) OVER same AS alerts, min(grp.severity) OVER same AS severity,
           min(slot.batch_due_at) OVER same AS batch_due_at
    FROM slot JOIN grp USING (key) WINDOW same AS (PARTITION BY slot.incident_id)
    ORDER BY slot.incident_id, grp.incident_id <> slot.incident_id, grp.key
), incident AS (
"""

def fixed() -> str:
    s = intake._STATEMENT
    s = s.replace("\n), incident AS (\n", HIT, 1)
    a = s.index("    SELECT slot.incident_id,\n           CASE WHEN slot.incident_id = grp.incident_id THEN nextval")
    b = s.index("), kept AS (")
    part = s[a:b].replace("slot.incident_id = grp.incident_id", "opens").replace("slot.incident_id", "incident_id").replace("grp.", "").replace("FROM slot JOIN grp USING (key)", "FROM hit")
    s = s[:a] + part + s[b:]
    a = s.index("    INSERT INTO outbox"); b = s.index("    ON CONFLICT (incident_id) WHERE kind = 'alerts'")
    part = s[a:b].replace("CASE WHEN incident.id = grp.incident_id", "CASE WHEN hit.opens").replace("grp.severity", "hit.severity").replace("slot.batch_due_at", "hit.batch_due_at").replace("FROM slot JOIN grp USING (key) JOIN incident ON incident.id = slot.incident_id", "FROM hit JOIN incident ON incident.id = hit.incident_id")
    return s[:a] + part + s[b:]


async def test_it(house: House, monkeypatch) -> None:
    monkeypatch.setattr(intake, "_STATEMENT", fixed())
    (first, old), (second, target) = await fired(house), await fired(house)
    await merge(house, old, target)
    from tests.support.values import an_alert
    third = an_alert()
    items = [await house.item(alert) for alert in (first, second, first, third, third)]
    async with house.pool.connection() as connection:
        admitted = await intake.admit(connection, items)
    assert {one.incident["id"] for one in admitted[:3]} == {target}
    assert [one.created for one in admitted] == [False, False, False, True, False]
    assert (await house.row(target))["alert_count"] == 5
    assert admitted[3].incident["alert_count"] == 2
    assert [row.kind for row in await house.outbox(target)] == ["start", "alerts"]
    print(fixed())


async def test_what_fails(house: House) -> None:
    (first, old), (second, target) = await fired(house), await fired(house)
    await merge(house, old, target)
    items = [await house.item(alert) for alert in (first, second, first)]
    async with house.pool.connection() as connection:
        await intake.admit(connection, items)
