"""Who is paged: contact methods, schedules, routes, hand-offs, and what responders do to an incident"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Whoever has read the catalogue asks for its version before it uses it again. The row is counted up in the
# transaction of the change, so no reader sees the new version before the change, nor the change without it.
COUNT = """
CREATE FUNCTION tocsin_catalogue_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO catalogue_version (id, version) VALUES (1, 1)
    ON CONFLICT (id) DO UPDATE SET version = catalogue_version.version + 1;
    RETURN NULL;
END $$
"""

COUNT_EACH = """
DO $$ DECLARE catalogue_table text;
BEGIN
    FOREACH catalogue_table IN ARRAY ARRAY['users', 'contact_methods', 'teams', 'team_members', 'services',
        'service_dependencies', 'scopes', 'policies', 'routes', 'schedules', 'schedule_overrides', 'schedule_calendars']
    LOOP
        EXECUTE format('CREATE TRIGGER catalogue_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON %I '
                       'FOR EACH STATEMENT EXECUTE FUNCTION tocsin_catalogue_changed()', catalogue_table);
    END LOOP;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "catalogue_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalogue_version")),
    )
    op.create_table(
        "notices",
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("recipient", sa.String(length=320), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("provider", sa.String(length=50), server_default="", nullable=False),
        sa.Column("status", sa.String(length=20), server_default="pending", nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint("key", name=op.f("uq_notices_key")),
    )
    op.create_table(
        "routes",
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.Column("definition", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_routes")),
        sa.UniqueConstraint("name", name=op.f("uq_routes_name")),
    )
    op.create_table(
        "schedules",
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("definition", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedules")),
        sa.UniqueConstraint("name", name=op.f("uq_schedules_name")),
    )
    op.create_table(
        "calendar_feeds",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("schedule_id", sa.Uuid(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("created_by", sa.String(length=320), server_default="", nullable=False),
        sa.Column("last_read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(schedule_id IS NULL) <> (user_id IS NULL)", name=op.f("ck_calendar_feeds_of_one")),
        sa.ForeignKeyConstraint(
            ["schedule_id"], ["schedules.id"], name=op.f("fk_calendar_feeds_schedule_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_calendar_feeds_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_feeds")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_calendar_feeds_token_hash")),
    )
    op.create_table(
        "contact_methods",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("address", sa.String(length=500), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("code_hash", sa.String(length=255), nullable=True),
        sa.Column("code_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("code_attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_contact_methods_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_methods")),
        sa.UniqueConstraint("user_id", "channel", "address", name=op.f("uq_contact_methods_user_id_channel_address")),
    )
    op.create_table(
        "handoffs",
        sa.Column("schedule_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leaving", postgresql.ARRAY(sa.String(length=320)), server_default="{}", nullable=False),
        sa.Column("coming", postgresql.ARRAY(sa.String(length=320)), server_default="{}", nullable=False),
        sa.Column("recap", sa.String(), server_default="", nullable=False),
        sa.Column("acknowledged", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["schedule_id"], ["schedules.id"], name=op.f("fk_handoffs_schedule_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handoffs")),
        sa.UniqueConstraint("schedule_id", "at", name=op.f("uq_handoffs_schedule_id_at")),
    )
    op.create_table(
        "schedule_calendars",
        sa.Column("schedule_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("sealed_url", sa.String(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("spans", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("ignored", postgresql.ARRAY(sa.String()), server_default="{}", nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["schedule_id"], ["schedules.id"], name=op.f("fk_schedule_calendars_schedule_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedule_calendars")),
        sa.UniqueConstraint("schedule_id", "name", name=op.f("uq_schedule_calendars_schedule_id_name")),
    )
    op.create_table(
        "schedule_overrides",
        sa.Column("schedule_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("level", sa.Integer(), server_default="1", nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("users", postgresql.ARRAY(sa.String(length=320)), server_default="{}", nullable=False),
        sa.Column("replaces", sa.String(length=320), nullable=True),
        sa.Column("reason", sa.String(), server_default="", nullable=False),
        sa.Column("created_by", sa.String(length=320), server_default="", nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["schedule_id"], ["schedules.id"], name=op.f("fk_schedule_overrides_schedule_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedule_overrides")),
    )
    op.create_index(
        "ix_schedule_overrides_schedule_id_ends_at", "schedule_overrides", ["schedule_id", "ends_at"], unique=False
    )
    op.create_table(
        "shift_swaps",
        sa.Column("schedule_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.Integer(), server_default="1", nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("from_user", sa.String(length=320), nullable=False),
        sa.Column("to_user", sa.String(length=320), nullable=False),
        sa.Column("return_starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("return_ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("status", sa.String(length=10), server_default="proposed", nullable=False),
        sa.Column("note", sa.String(), server_default="", nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "status IN ('proposed','accepted','declined','withdrawn')", name=op.f("ck_shift_swaps_status")
        ),
        sa.ForeignKeyConstraint(
            ["schedule_id"], ["schedules.id"], name=op.f("fk_shift_swaps_schedule_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift_swaps")),
    )
    op.create_table(
        "handoff_notes",
        sa.Column("schedule_id", sa.Uuid(), nullable=False),
        sa.Column("handoff_id", sa.Uuid(), nullable=True),
        sa.Column("author", sa.String(length=320), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["handoff_id"], ["handoffs.id"], name=op.f("fk_handoff_notes_handoff_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["schedule_id"], ["schedules.id"], name=op.f("fk_handoff_notes_schedule_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handoff_notes")),
    )
    op.add_column("inbox_messages", sa.Column("notice_id", sa.Uuid(), nullable=True))
    op.alter_column("inbox_messages", "notification_id", existing_type=sa.UUID(), nullable=True)
    op.alter_column("inbox_messages", "incident_id", existing_type=sa.UUID(), nullable=True)
    op.create_unique_constraint(op.f("uq_inbox_messages_notice_id"), "inbox_messages", ["notice_id"])
    op.create_foreign_key(op.f("fk_inbox_messages_notice_id"), "inbox_messages", "notices", ["notice_id"], ["id"])
    op.add_column("incidents", sa.Column("team_id", sa.Uuid(), nullable=True))
    op.add_column("incidents", sa.Column("first_acknowledged_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("incidents", sa.Column("ladder_first_to", sa.String(length=320), nullable=True))
    op.add_column(
        "incidents", sa.Column("roles", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False)
    )
    op.add_column(
        "incidents",
        sa.Column("responders", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
    )
    op.add_column(
        "incidents",
        sa.Column("acknowledgements", postgresql.ARRAY(sa.String(length=320)), server_default="{}", nullable=False),
    )
    op.add_column(
        "incidents", sa.Column("wants_war_room", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.create_foreign_key(op.f("fk_incidents_team_id"), "incidents", "teams", ["team_id"], ["id"], ondelete="SET NULL")
    op.add_column("notifications", sa.Column("turn", sa.String(length=600), nullable=True))
    op.create_index("ix_notifications_recipient_created_at", "notifications", ["recipient", "created_at"], unique=False)
    op.create_index(
        "ix_notifications_turn",
        "notifications",
        ["turn", "created_at"],
        unique=False,
        postgresql_where=sa.text("turn IS NOT NULL"),
    )
    op.add_column("policies", sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    op.add_column("services", sa.Column("policy_id", sa.Uuid(), nullable=True))
    op.add_column(
        "services", sa.Column("policies", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False)
    )
    op.create_foreign_key(
        op.f("fk_services_policy_id"), "services", "policies", ["policy_id"], ["id"], ondelete="SET NULL"
    )
    op.add_column("teams", sa.Column("schedule_id", sa.Uuid(), nullable=True))
    op.add_column("teams", sa.Column("time_zone", sa.String(length=64), server_default="UTC", nullable=False))
    op.add_column(
        "teams", sa.Column("policies", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False)
    )
    op.create_foreign_key(
        op.f("fk_teams_schedule_id"), "teams", "schedules", ["schedule_id"], ["id"], ondelete="SET NULL"
    )
    op.add_column("users", sa.Column("time_zone", sa.String(length=64), server_default="UTC", nullable=False))
    op.add_column("users", sa.Column("language", sa.String(length=10), server_default="en", nullable=False))
    op.add_column(
        "users",
        sa.Column("notification_rules", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
    )
    op.add_column(
        "users", sa.Column("quiet_hours", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False)
    )
    op.add_column(
        "users", sa.Column("days_away", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False)
    )
    op.execute("INSERT INTO catalogue_version (id, version) VALUES (1, 1)")
    op.execute(COUNT)
    op.execute(COUNT_EACH)


def downgrade() -> None:
    op.execute("DROP FUNCTION tocsin_catalogue_changed CASCADE")
    op.execute("DELETE FROM inbox_messages WHERE incident_id IS NULL")
    op.drop_column("users", "days_away")
    op.drop_column("users", "quiet_hours")
    op.drop_column("users", "notification_rules")
    op.drop_column("users", "language")
    op.drop_column("users", "time_zone")
    op.drop_constraint(op.f("fk_teams_schedule_id"), "teams", type_="foreignkey")
    op.drop_column("teams", "policies")
    op.drop_column("teams", "time_zone")
    op.drop_column("teams", "schedule_id")
    op.drop_constraint(op.f("fk_services_policy_id"), "services", type_="foreignkey")
    op.drop_column("services", "policies")
    op.drop_column("services", "policy_id")
    op.drop_column("policies", "version")
    op.drop_index("ix_notifications_turn", table_name="notifications", postgresql_where=sa.text("turn IS NOT NULL"))
    op.drop_index("ix_notifications_recipient_created_at", table_name="notifications")
    op.drop_column("notifications", "turn")
    op.drop_constraint(op.f("fk_incidents_team_id"), "incidents", type_="foreignkey")
    op.drop_column("incidents", "wants_war_room")
    op.drop_column("incidents", "acknowledgements")
    op.drop_column("incidents", "responders")
    op.drop_column("incidents", "roles")
    op.drop_column("incidents", "ladder_first_to")
    op.drop_column("incidents", "first_acknowledged_at")
    op.drop_column("incidents", "team_id")
    op.drop_constraint(op.f("fk_inbox_messages_notice_id"), "inbox_messages", type_="foreignkey")
    op.drop_constraint(op.f("uq_inbox_messages_notice_id"), "inbox_messages", type_="unique")
    op.alter_column("inbox_messages", "incident_id", existing_type=sa.UUID(), nullable=False)
    op.alter_column("inbox_messages", "notification_id", existing_type=sa.UUID(), nullable=False)
    op.drop_column("inbox_messages", "notice_id")
    op.drop_table("handoff_notes")
    op.drop_table("shift_swaps")
    op.drop_index("ix_schedule_overrides_schedule_id_ends_at", table_name="schedule_overrides")
    op.drop_table("schedule_overrides")
    op.drop_table("schedule_calendars")
    op.drop_table("handoffs")
    op.drop_table("contact_methods")
    op.drop_table("calendar_feeds")
    op.drop_table("schedules")
    op.drop_table("routes")
    op.drop_table("notices")
    op.drop_table("catalogue_version")
