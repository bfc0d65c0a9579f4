"""Bring a database to the newest schema."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, text

from db.engine import sqlalchemy_url

_LOCK = 7_034_812_556
"""Advisory lock: two processes that upgrade at once take turns."""


def upgrade(url: str, revision: str = "head") -> None:
    """Run the migrations up to a revision; doing it again changes nothing.

    Args:
        url: the database, `postgresql://…`.
        revision: a revision of `db/migrations/versions`, or `head`.
    """
    engine = create_engine(sqlalchemy_url(url))
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
            connection.commit()
            command.upgrade(config(connection), revision)
            connection.commit()
            connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": _LOCK})
    finally:
        engine.dispose()


def config(connection: Connection) -> Config:
    """Alembic's configuration, without a file of its own."""
    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    settings.attributes["connection"] = connection
    return settings
