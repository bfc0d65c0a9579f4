"""The one way in which every process connects to Temporal."""

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.envconfig import ClientConfig
from temporalio.runtime import Runtime

from config.settings import Settings

DATA_CONVERTER = pydantic_data_converter
"""Pydantic models in and out: the same in API, worker, CLI and tests."""

QUEUE = "tocsin"
"""Task queue of workflows, documents and war rooms."""

PAGING_QUEUE = "tocsin-paging"
"""Task queue of paging and records: a hung vendor cannot take its slots."""

DEFAULT_ADDRESS = "127.0.0.1:7233"


def namespace() -> str:
    """The namespace that the environment names."""
    return ClientConfig.load_client_connect_config().get("namespace") or "default"


async def connect(settings: Settings, *, lazy: bool = True, runtime: Runtime | None = None) -> Client:
    """A client as `TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`, `TEMPORAL_API_KEY` and `TEMPORAL_TLS…` say.

    Args:
        settings: where a running `tocsin dev` has its Temporal server, if the environment names none.
        lazy: connect at the first call, so that a process starts while Temporal is away.
        runtime: the SDK runtime, for a process that wants its own metrics.
    """
    config = ClientConfig.load_client_connect_config()
    config.setdefault("target_host", settings.temporal_address or DEFAULT_ADDRESS)
    return await Client.connect(**config, data_converter=DATA_CONVERTER, lazy=lazy, runtime=runtime)
