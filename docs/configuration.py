"""Writes docs/configuration.md from the settings themselves: `make docs`."""

from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo

from config.settings import Settings

TARGET = Path(__file__).with_suffix(".md")

HEAD = """\
# Configuration

Every setting is an environment variable. A file `.env` in the working directory is read too; the environment goes
before it. What neither names is taken from a `tocsin dev` that runs with the same `TOCSIN_HOME`, then from the
defaults below. An empty variable counts as not set.

Made from `config/settings.py` by `make docs`; a test fails when it is out of date.

| variable | default | meaning |
|---|---|---|
"""

TAIL = """
## Temporal

The connection to Temporal is configured by the variables of the Temporal SDK: `TEMPORAL_ADDRESS`,
`TEMPORAL_NAMESPACE`, `TEMPORAL_API_KEY`, `TEMPORAL_TLS`, `TEMPORAL_TLS_SERVER_CA_CERT_PATH`,
`TEMPORAL_TLS_CLIENT_CERT_PATH`, `TEMPORAL_TLS_CLIENT_KEY_PATH` and the rest of its environment configuration, also as
profiles in its configuration file. Without `TEMPORAL_ADDRESS` the server of a running `tocsin dev` is used, else
`127.0.0.1:7233`.

## Certificates

The client commands trust the certificates of the system. For an API with a certificate of your own authority, name
that authority's certificate in `SSL_CERT_FILE`.
"""


def render() -> str:
    """The whole page."""
    rows = (_row(name, field) for name, field in Settings.model_fields.items())
    return HEAD + "".join(rows) + TAIL


def _row(name: str, field: FieldInfo) -> str:
    return f"| `TOCSIN_{name.upper()}` | {_default(field.get_default())} | {field.description} |\n"


def _default(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return f"`{int(value)}`"
    return f"`{value}`"


if __name__ == "__main__":
    TARGET.write_text(render())
