"""The database: reachable, new enough, migrated, and with the same idea of the time."""

from collections.abc import Iterator
from datetime import UTC, datetime

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from cli.checks.report import Finding
from config.settings import Settings, SettingsError
from db.engine import CONNECT_TIMEOUT_SECONDS, sqlalchemy_url
from db.migrate import config

OLDEST_POSTGRES = 15
CLOCK_TOLERANCE_SECONDS = 2.0


def examine(known: Settings) -> Iterator[Finding]:
    """Look at the database that the settings name."""
    try:
        url = sqlalchemy_url(known.database)
        engine = create_engine(url, connect_args={"connect_timeout": CONNECT_TIMEOUT_SECONDS})
    except (SettingsError, ArgumentError) as error:
        yield Finding("database", False, str(error), "name the database that API and workers use")
        return
    try:
        with engine.connect() as connection:
            yield _server(connection)
            yield _schema(connection)
            yield _clock(connection)
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        yield Finding("database", False, reason, "start it, or correct TOCSIN_DATABASE_URL")
    finally:
        engine.dispose()


def _server(connection: Connection) -> Finding:
    full = str(connection.execute(text("SHOW server_version")).scalar_one())
    if int(full.split(".")[0].split()[0].rstrip("betarc")) < OLDEST_POSTGRES:
        return Finding("database", False, f"PostgreSQL {full}", f"Tocsin needs PostgreSQL {OLDEST_POSTGRES} or later")
    return Finding("database", True, f"PostgreSQL {full}")


def _schema(connection: Connection) -> Finding:
    newest = ScriptDirectory.from_config(config(connection)).get_current_head()
    present = MigrationContext.configure(connection).get_current_revision()
    if present == newest:
        return Finding("schema", True, str(present))
    return Finding("schema", False, f"{present or 'none'}, the newest is {newest}", "run `tocsin db upgrade`")


def _clock(connection: Connection) -> Finding:
    before = datetime.now(UTC)
    there = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    after = datetime.now(UTC)
    # What the question itself took is nobody's fault.
    apart = max((before - there).total_seconds(), (there - after).total_seconds(), 0.0)
    found = f"{apart:.1f} s from the database's"
    if apart > CLOCK_TOLERANCE_SECONDS:
        return Finding("clock", False, found, "set both machines by NTP: KPIs and timers compare their times")
    return Finding("clock", True, found)
