"""Resident memory: the gateway at rest, and what each client costs that only listens."""

import contextlib

from .. import procfs
from ..gateway import ready_gateway
from ..mcp import Session
from ..programs import all_of
from ..reference import reference_server
from ..rounds import alternate, median
from ..streams import open_stream
from ..table import kibibytes, mebibytes

SERVERS = 20
STREAMS = 1000
IDLE_BAR = 40_000_000
STREAM_BAR = 6 * 1024


def measure(bench):
    with all_of([lambda: reference_server(bench)] * SERVERS) as upstreams:
        servers = {f"s{index:02}": {"url": upstream.url} for index, upstream in enumerate(upstreams)}
        rounds = alternate(bench.rounds, {"gateway": lambda: _sizes(bench, servers)})["gateway"]
    idle, stream = median(idle for idle, _ in rounds), median(stream for _, stream in rounds)
    bench.table.add(
        f"Resident memory, idle, {SERVERS} HTTP servers", mebibytes(idle), bar="< 40 MB", met=idle < IDLE_BAR
    )
    bench.table.add(
        f"Resident memory per idle session with an open stream ({STREAMS} of them)",
        kibibytes(stream),
        bar=f"≤ {kibibytes(STREAM_BAR)}",
        met=stream <= STREAM_BAR,
    )


def _sizes(bench, servers):
    """Bytes of a gateway at rest, and of each of the sessions that are opened then."""
    with ready_gateway(bench, servers) as gateway, contextlib.ExitStack() as streams:
        # One of each first: code and caches that come with the first session belong to the gateway at rest.
        session = Session(gateway.url)
        session.tools()
        streams.callback(session.close)
        streams.enter_context(open_stream(gateway.url))
        idle = procfs.resident_bytes(gateway.pid)
        for _ in range(STREAMS):
            streams.enter_context(open_stream(gateway.url))
        return idle, (procfs.resident_bytes(gateway.pid) - idle) / STREAMS
