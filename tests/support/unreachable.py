"""Temporal away, and Temporal frozen."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from temporalio.client import Client

from config.temporal import DATA_CONVERTER
from tests.support.ports import free_port
from tests.support.servers import Addresses


async def dead_client() -> Client:
    """A client of a port where nobody listens."""
    address = f"127.0.0.1:{free_port()}"
    return await Client.connect(address, data_converter=DATA_CONVERTER, lazy=True)


class Line:
    """A wire to Temporal that can be frozen: bytes are taken, and none come back, as with a stopped process."""

    def __init__(self, target: str) -> None:
        self._host, _, port = target.rpartition(":")
        self._port = int(port)
        self._flows = asyncio.Event()
        self._flows.set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.address = ""

    def freeze(self) -> None:
        """Nothing passes from now on."""
        self._flows.clear()

    def thaw(self) -> None:
        """What was held up goes on."""
        self._flows.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        far_reader, far_writer = await asyncio.open_connection(self._host, self._port)
        for source, sink in ((reader, far_writer), (far_reader, writer)):
            task = asyncio.create_task(self._pump(source, sink))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Cut every connection."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65_536):
                await self._flows.wait()
                sink.write(data)
                await sink.drain()
        except ConnectionError:
            pass
        finally:
            sink.close()


@asynccontextmanager
async def line_to(addresses: Addresses, namespace: str) -> AsyncIterator[tuple[Line, Client]]:
    """A line to the run's Temporal server, and a client on it."""
    line = Line(addresses.temporal)
    server = await asyncio.start_server(line.serve, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    client = await Client.connect(f"{host}:{port}", namespace=namespace, data_converter=DATA_CONVERTER)
    try:
        yield line, client
    finally:
        line.thaw()
        server.close()
        await line.close()
        await server.wait_closed()
