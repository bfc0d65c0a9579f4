"""What this start of `tocsin dev` runs itself and what it finds elsewhere, decided before anything starts."""

import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from temporalio.envconfig import ClientConfig

from cli.dev import ports
from cli.dev.errors import StartError
from cli.dev.home import Credentials, Home
from cli.dev.leftovers import MARK
from cli.dev.process import Spec
from config.settings import Settings

_OPERATOR_CREDENTIALS = ("admin_token", "admin_email", "admin_password")


@dataclass(frozen=True)
class Plan:
    """The facts of one start."""

    settings: Settings
    home: Home
    credentials: Credentials
    temporal_elsewhere: str | None
    """`host:port` of a Temporal server that is not ours to start."""
    namespace: str

    @property
    def embeds_postgres(self) -> bool:
        """Whether Postgres is ours to run."""
        return self.settings.database_url is None

    @property
    def embeds_temporal(self) -> bool:
        """Whether the Temporal server is ours to run."""
        return self.temporal_elsewhere is None

    @property
    def temporal_address(self) -> str:
        """`host:port` of the Temporal server, ours or not."""
        return self.temporal_elsewhere or f"{ports.LOOPBACK}:{self.settings.temporal_port}"

    @property
    def temporal_ui_url(self) -> str | None:
        """Base URL of its Web UI, None when it is not ours and nobody said."""
        if self.settings.temporal_ui_url or not self.embeds_temporal:
            return self.settings.temporal_ui_url
        return f"http://{ports.LOOPBACK}:{self.settings.temporal_ui_port}"

    @property
    def api_url(self) -> str:
        """Where this machine finds the API, whatever the links in messages say."""
        return self.settings.model_copy(update={"public_url": None}).base_url

    def facts(self, database_url: str) -> dict[str, str | None]:
        """What the processes that share the home need to know; names are Settings fields."""
        return {
            "database_url": database_url,
            "temporal_address": self.temporal_address,
            "temporal_ui_url": self.temporal_ui_url,
            "api_url": self.api_url,
            "public_url": self.settings.base_url,
            "token": self.credentials.admin_token,
            "admin_token": self.credentials.admin_token,
            "admin_email": self.credentials.admin_email,
            "admin_password": self.credentials.admin_password,
            "secret_key": self.credentials.secret_key,
            "allow_private_addresses": "1",
        }

    def child_env(self) -> dict[str, str]:
        """What every child has in its environment beside ours."""
        env = {"TOCSIN_HOME": str(self.home.root), MARK: str(self.home.root)}
        if "example_catalog" not in self.settings.model_fields_set:
            env["TOCSIN_EXAMPLE_CATALOG"] = "1"
        return env

    def tocsin(self, role: str, stop_seconds: float) -> Spec:
        """The child `tocsin api` or `tocsin worker`."""
        return Spec(role, (str(tocsin_program()), role), env=self.child_env(), stop_seconds=stop_seconds)


def tocsin_program() -> Path:
    """The `tocsin` beside this Python."""
    return Path(sys.executable).parent / "tocsin"


def make(home: Home, settings: Settings) -> Plan:
    """The plan for this start. Call it under the lock, and with settings that no `embedded.json` had a say in.

    Raises:
        StartError: a port is taken, or the credentials cannot be read.
    """
    given = {name: _text(settings, name) for name in _OPERATOR_CREDENTIALS if name in settings.model_fields_set}
    # The same reading as config.temporal.connect, so that we and the children mean the same server.
    client = ClientConfig.load_client_connect_config()
    plan = Plan(
        settings=settings,
        home=home,
        credentials=home.credentials(given=given),
        temporal_elsewhere=client.get("target_host") or settings.temporal_address,
        namespace=client.get("namespace") or "default",
    )
    ports.require_free("API", settings.api_host, settings.api_port, "TOCSIN_API_PORT")
    if plan.embeds_temporal:
        ports.require_free("Temporal server", ports.LOOPBACK, settings.temporal_port, "TOCSIN_TEMPORAL_PORT")
        ports.require_free("Temporal Web UI", ports.LOOPBACK, settings.temporal_ui_port, "TOCSIN_TEMPORAL_UI_PORT")
    return plan


def with_postgres_port(plan: Plan) -> Plan:
    """The plan with a port for Postgres: the operator's, else the kept one, else a free one, which is then kept.

    Raises:
        StartError: the operator's is taken.
    """
    if wanted := plan.settings.postgres_port:
        ports.require_free("embedded Postgres", ports.LOOPBACK, wanted, "TOCSIN_POSTGRES_PORT")
        return replace(plan, credentials=replace(plan.credentials, postgres_port=wanted))
    kept = plan.credentials.postgres_port
    if kept and ports.is_free(ports.LOOPBACK, kept):
        return plan
    port = ports.choose_free()
    # Read again without the operator's values: those are for this run, the file is for all.
    plan.home.keep(replace(plan.home.credentials(), postgres_port=port))
    return replace(plan, credentials=replace(plan.credentials, postgres_port=port))


def fresh_settings(home: Home) -> Settings:
    """The settings from the environment and `.env` alone: what a killed start left in `embedded.json` is removed first.

    Raises:
        StartError: a setting is wrong.
    """
    home.unpublish()
    try:
        return Settings(home=home.root)
    except ValueError as error:
        raise StartError(f"wrong settings: {error}") from error


def check_installed() -> None:
    """Raises StartError unless the children can be started."""
    if not os.access(tocsin_program(), os.X_OK):
        raise StartError(f"{tocsin_program()} is not there: install Tocsin into the Python that runs `tocsin dev`")


def _text(settings: Settings, name: str) -> str:
    value = getattr(settings, name)
    return str(value.get_secret_value() if hasattr(value, "get_secret_value") else value or "")
