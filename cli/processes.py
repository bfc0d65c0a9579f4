"""The commands that run a process. Each imports what it runs only when it runs."""

import typer

from cli.settings import settings

db = typer.Typer(help="The database.", no_args_is_help=True)


def dev() -> None:
    """Run the whole product in this terminal: Postgres, Temporal, API with pages, worker."""
    from cli.dev.command import dev as run

    run()


def api() -> None:
    """Run an API process, with the pages."""
    from api.server import run

    with settings() as known:
        run(known)


def worker() -> None:
    """Run a worker: workflows, activities, relay."""
    from worker import run

    with settings() as known:
        run(known)


def secret_key() -> None:
    """Print a new key for TOCSIN_SECRET_KEY, with which stored secrets are sealed."""
    from config.sealing import new_secret_key

    typer.echo(new_secret_key())


@db.command()
def upgrade() -> None:
    """Bring the database to the newest schema; doing it again changes nothing."""
    from sqlalchemy.exc import OperationalError

    from cli.errors import Unreachable
    from db.migrate import upgrade as run

    with settings() as known:
        url = known.database
    try:
        run(url)
    except OperationalError as error:
        raise Unreachable(f"the database cannot be reached: {error.orig}") from error
    typer.echo("The database has the newest schema.")


@db.callback()
def _db() -> None:
    # With a callback Typer keeps `db` a group although it has one command.
    """The database."""
