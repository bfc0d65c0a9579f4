"""Settings of every Tocsin process, read from the environment, `.env`, and a running `tocsin dev`."""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

EMBEDDED_FILE = "embedded.json"
"""Written by `tocsin dev` under `TOCSIN_HOME` (mode 0600): how to reach what it runs."""


class EmbeddedSource(PydanticBaseSettingsSource):
    """Last resort for a setting: what the `tocsin dev` of this `TOCSIN_HOME` wrote down.

    So `tocsin api`, `tocsin worker` and the client commands join a running `tocsin dev`
    when they share its home, and the environment still goes first.
    """

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        return self._facts().get(field_name), field_name, False

    def __call__(self) -> dict[str, Any]:
        return {name: value for name, value in self._facts().items() if name in self.settings_cls.model_fields}

    def _facts(self) -> dict[str, Any]:
        home = Path(self.current_state.get("home") or Settings.model_fields["home"].default)
        try:
            facts: dict[str, Any] = json.loads((home / EMBEDDED_FILE).read_text())
        except (FileNotFoundError, PermissionError, json.JSONDecodeError):
            return {}
        return facts


class Settings(BaseSettings):
    """Every `TOCSIN_…` variable. docs/configuration.md is made from the descriptions below."""

    model_config = SettingsConfigDict(
        env_prefix="TOCSIN_", env_file=".env", extra="ignore", env_ignore_empty=True, frozen=True
    )

    home: Path = Field(Path(".tocsin"), description="The embedded default's data, logs and sockets.")
    api_host: str = Field("127.0.0.1", description="Where API and pages listen.")
    api_port: int = Field(8000, ge=1, le=65535, description="Where API and pages listen.")
    tls_cert: Path | None = Field(None, description="Certificate with which the API serves HTTPS itself.")
    tls_key: Path | None = Field(None, description="Key of that certificate.")
    database_url: str | None = Field(
        None, description="Any PostgreSQL 15 or later: postgresql://user:password@host/db."
    )
    admin_token: SecretStr | None = Field(None, description="An API token with the admin role, set by the operator.")
    admin_email: str = Field("admin@example.com", description="The first log-in.")
    admin_password: SecretStr | None = Field(None, description="Password of the first log-in.")
    secret_key: SecretStr | None = Field(
        None,
        description="Seals stored secrets, such as a source's signing secret; `tocsin secret-key` prints one.",
    )
    allow_private_addresses: bool = Field(
        False,
        description="Calendars and webhooks may be at loopback and private addresses; `tocsin dev` allows it.",
    )
    webhook_secret: SecretStr | None = Field(
        None, description="Signs what is posted to webhooks: `whsec_` and base64, as Standard Webhooks."
    )
    link_grace_seconds: float = Field(
        10, ge=0, le=300, description="How long the first message may wait for its links, in seconds."
    )
    example_catalog: bool = Field(False, description="Load the example organisation at first start.")
    public_url: str | None = Field(None, description="The base of the links in messages; from host and port if unset.")
    temporal_port: int = Field(7233, ge=1, le=65535, description="Port of the embedded Temporal server.")
    temporal_ui_port: int = Field(8233, ge=1, le=65535, description="Port of the embedded Temporal Web UI.")
    temporal_ui_url: str | None = Field(None, description="Base URL of the Temporal Web UI, for links on incidents.")
    postgres_port: int = Field(
        0, ge=0, le=65535, description="Port of the embedded Postgres; 0 takes a free one and keeps it."
    )
    escalation_timeout_seconds: float | None = Field(
        None, gt=0, description="Makes the `fast` policy the default: so many seconds for each person of the ladder."
    )
    archive_seconds: float = Field(
        1800, ge=0, description="How long a war room stays open after the resolution, in seconds."
    )
    correlation_window_seconds: int = Field(
        300, gt=0, description="How long an alert keeps its `service+severity` key open, in seconds."
    )
    inhibit_seconds: float = Field(
        900,
        ge=0,
        description="How long a SEV1 or SEV2 of a service takes in the alerts of those that depend on it, in seconds.",
    )
    rate_limit: float = Field(
        1000, gt=0, description="Requests per second of one source or token, for each API process."
    )
    rate_burst: int = Field(10_000, ge=1, description="Requests that one source or token may send at once beyond that.")
    smtp_host: str = Field(
        "127.0.0.1", description="Where each API process listens for mail, if TOCSIN_SMTP_PORT is set."
    )
    smtp_port: int | None = Field(
        None,
        ge=1,
        le=65535,
        description="Takes mail to `<key>@…` or `anything+<key>@…` as alerts of that key's source; off if unset.",
    )
    max_body_bytes: int = Field(4_194_304, gt=0, description="Largest request body that is read, in bytes.")
    api_url: str | None = Field(None, description="Where the client commands find the REST API.")
    token: SecretStr | None = Field(None, description="The API token that the client commands use.")
    temporal_address: str | None = Field(None, description="Set by `tocsin dev` for those that join it.")
    database_pool: int = Field(10, ge=2, le=200, description="Database connections of one process, at most.")
    command_wait_seconds: float = Field(
        2, gt=0, le=60, description="How long a command waits for Temporal before it is queued (202), in seconds."
    )
    reconcile_seconds: float = Field(
        300, gt=0, description="How often open incidents without a workflow are looked for, in seconds."
    )
    outbox_alarm_seconds: float = Field(
        60, gt=0, description="Age of a waiting SEV1 or SEV2 at which Tocsin says that it cannot page, in seconds."
    )
    max_cached_workflows: int = Field(2000, ge=1, description="Workflows that one worker keeps in memory.")
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR.")
    log_json: bool = Field(False, description="Log lines as JSON.")

    @field_validator("log_level")
    @classmethod
    def _known_level(cls, level: str) -> str:
        if level.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
            raise ValueError("must be DEBUG, INFO, WARNING or ERROR")
        return level.upper()

    @model_validator(mode="after")
    def _certificate_with_key(self) -> Self:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("TOCSIN_TLS_CERT and TOCSIN_TLS_KEY must be set together")
        return self

    @property
    def base_url(self) -> str:
        """The base of the links in messages, without a trailing slash."""
        if self.public_url:
            return self.public_url.rstrip("/")
        scheme = "https" if self.tls_cert else "http"
        everywhere = {"0.0.0.0", "::"}  # noqa: S104 - recognised, not bound
        host = "127.0.0.1" if self.api_host in everywhere else self.api_host
        return f"{scheme}://{host}:{self.api_port}"

    @property
    def database(self) -> str:
        """The database URL without a driver name.

        Raises:
            SettingsError: neither `TOCSIN_DATABASE_URL` nor a running `tocsin dev` names one.
        """
        if self.database_url is None:
            raise SettingsError(
                f"no database: set TOCSIN_DATABASE_URL, or start `tocsin dev` with TOCSIN_HOME={self.home}"
            )
        return self.database_url

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, dotenv_settings, EmbeddedSource(settings_cls)


class SettingsError(Exception):
    """A setting is missing or wrong; the message says which and what would be right."""


@lru_cache
def get_settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
