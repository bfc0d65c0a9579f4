"""The migrations make what the models say, and can be undone and done again."""

import psycopg
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from db.engine import sqlalchemy_url
from db.migrate import config, upgrade
from db.models import Base
from tests.support.servers import Addresses


def test_models_and_migrations_agree(database_url: str) -> None:
    engine = create_engine(sqlalchemy_url(database_url))
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    engine.dispose()


def test_down_and_up_again(addresses: Addresses, namespace: str) -> None:
    name = f"migrations_{namespace}"
    with psycopg.connect(addresses.postgres, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    url = addresses.database(name)
    upgrade(url)
    upgrade(url)
    engine = create_engine(sqlalchemy_url(url))
    with engine.connect() as connection:
        command.downgrade(config(connection), "base")
        connection.commit()
    engine.dispose()
    upgrade(url)
