"""Intake: sources, rules, silences, maintenance, and what became of each alert"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TELL = """
CREATE FUNCTION tocsin_house_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('tocsin_house', TG_TABLE_NAME);
    RETURN NULL;
END $$
"""

# Whoever has read one of these is told when it changes.
TELL_OF_EACH = """
DO $$ DECLARE house_table text;
BEGIN
    FOREACH house_table IN ARRAY ARRAY['services', 'teams', 'service_dependencies', 'sources', 'rules', 'silences',
                                       'maintenance_windows']
    LOOP
        EXECUTE format('CREATE TRIGGER house_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON %I '
                       'FOR EACH STATEMENT EXECUTE FUNCTION tocsin_house_changed()', house_table);
    END LOOP;
END $$
"""

OLD_STATES = """
UPDATE alerts SET fate = CASE WHEN deduplicated THEN 'attached' ELSE 'new' END
"""


def upgrade() -> None:
    op.create_table(
        "alert_states",
        sa.Column("identity", sa.String(length=600), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("slot_key", sa.String(length=1000), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=True),
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("over_started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("quiet_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changes", sa.ARRAY(sa.DateTime(timezone=True)), server_default="{}", nullable=False),
        sa.Column("fire_count", sa.Integer(), server_default="1", nullable=False),
        sa.Column("last_fired_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("identity", name=op.f("pk_alert_states")),
    )
    op.create_index(
        "ix_alert_states_incident_id",
        "alert_states",
        ["incident_id"],
        unique=False,
        postgresql_where=sa.text("status = 'firing'"),
    )
    op.create_index(
        "ix_alert_states_quiet_until",
        "alert_states",
        ["quiet_until"],
        unique=False,
        postgresql_where=sa.text("status = 'quiet'"),
    )
    op.create_table(
        "held_alerts",
        sa.Column("key", sa.String(length=1000), nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", "alert_id", name=op.f("pk_held_alerts")),
    )
    op.create_table(
        "maintenance_windows",
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("start", sa.DateTime(), nullable=False),
        sa.Column("end", sa.DateTime(), nullable=False),
        sa.Column("repeat", sa.String(length=10), server_default="once", nullable=False),
        sa.Column("interval", sa.Integer(), server_default="1", nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("services", sa.ARRAY(sa.String(length=255)), server_default="{}", nullable=False),
        sa.Column("teams", sa.ARRAY(sa.String(length=255)), server_default="{}", nullable=False),
        sa.Column("reason", sa.String(length=1000), server_default="", nullable=False),
        sa.Column("created_by", sa.String(length=320), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_maintenance_windows")),
    )
    op.create_table(
        "silences",
        sa.Column("matchers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("created_by", sa.String(length=320), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_silences")),
    )
    op.create_index(op.f("ix_silences_ends_at"), "silences", ["ends_at"], unique=False)
    op.create_table(
        "sources",
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("key_hint", sa.String(length=8), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
        sa.Column("settings", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sources")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_sources_key_hash")),
        sa.UniqueConstraint("name", name=op.f("uq_sources_name")),
    )
    op.create_table(
        "rules",
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=True),
        sa.Column("position", sa.Integer(), server_default="100", nullable=False),
        sa.Column("definition", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_rules_source_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rules")),
        sa.UniqueConstraint("name", name=op.f("uq_rules_name")),
    )
    op.create_table(
        "source_heartbeats",
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("last_ping_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("missing_since", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["source_id"], ["sources.id"], name=op.f("fk_source_heartbeats_source_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("source_id", name=op.f("pk_source_heartbeats")),
    )
    op.create_table(
        "service_dependencies",
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("depends_on_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["depends_on_id"], ["services.id"], name=op.f("fk_service_dependencies_depends_on_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["service_id"], ["services.id"], name=op.f("fk_service_dependencies_service_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("service_id", "depends_on_id", name=op.f("pk_service_dependencies")),
    )
    op.add_column("alerts", sa.Column("source_id", sa.Uuid(), nullable=True))
    op.add_column("alerts", sa.Column("fate", sa.String(length=12), server_default="new", nullable=False))
    op.add_column("alerts", sa.Column("reason", sa.String(), nullable=True))
    op.alter_column("alerts", "incident_id", existing_type=sa.UUID(), nullable=True)
    op.create_index(
        "ix_alerts_source_id_id",
        "alerts",
        ["source_id", "id"],
        unique=False,
        postgresql_where=sa.text("source_id IS NOT NULL"),
    )
    op.add_column("incidents", sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("incidents", sa.Column("merged_into", sa.Uuid(), nullable=True))
    op.execute(OLD_STATES)
    op.execute(TELL)
    op.execute(TELL_OF_EACH)


def downgrade() -> None:
    op.execute("DROP FUNCTION tocsin_house_changed CASCADE")
    op.drop_column("incidents", "merged_into")
    op.drop_column("incidents", "cleared_at")
    op.drop_index("ix_alerts_source_id_id", table_name="alerts", postgresql_where=sa.text("source_id IS NOT NULL"))
    op.execute("ALTER TABLE alerts DISABLE TRIGGER append_only")
    op.execute("DELETE FROM alerts WHERE incident_id IS NULL")
    op.execute("ALTER TABLE alerts ENABLE TRIGGER append_only")
    op.alter_column("alerts", "incident_id", existing_type=sa.UUID(), nullable=False)
    op.drop_column("alerts", "reason")
    op.drop_column("alerts", "fate")
    op.drop_column("alerts", "source_id")
    op.drop_table("service_dependencies")
    op.drop_table("source_heartbeats")
    op.drop_table("rules")
    op.drop_table("sources")
    op.drop_index(op.f("ix_silences_ends_at"), table_name="silences")
    op.drop_table("silences")
    op.drop_table("maintenance_windows")
    op.drop_table("held_alerts")
    op.drop_index(
        "ix_alert_states_quiet_until", table_name="alert_states", postgresql_where=sa.text("status = 'quiet'")
    )
    op.drop_index(
        "ix_alert_states_incident_id", table_name="alert_states", postgresql_where=sa.text("status = 'firing'")
    )
    op.drop_table("alert_states")
