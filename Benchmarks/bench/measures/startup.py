"""From the start of the process to the whole catalogue."""

import time

from ..gateway import Gateway
from ..mcp import Session
from ..programs import all_of
from ..reference import reference_server
from ..rounds import alternate, median, median_ratio
from ..table import millis

SERVERS = 20
LIST_DELAY = "200ms"
BAR = 1.3


def measure(bench):
    starters = [lambda: reference_server(bench, "--list-delay", LIST_DELAY)] * SERVERS
    with all_of(starters) as upstreams:
        servers = {f"s{index:02}": {"url": upstream.url} for index, upstream in enumerate(upstreams)}

        def slowest():
            return max(_direct_seconds(upstream.url) for upstream in upstreams)

        results = alternate(bench.rounds, {"slowest": slowest, "gateway": lambda: _start_seconds(bench, servers)})
    ratio = median_ratio(results["gateway"], results["slowest"])
    bench.table.add(
        f"Start to ready, {SERVERS} HTTP servers whose list takes {LIST_DELAY}",
        millis(median(results["gateway"])),
        f"the slowest alone {millis(median(results['slowest']))}",
        ratio,
        f"≤ {BAR}",
        ratio <= BAR,
    )


def _direct_seconds(url):
    """What a client waits that connects to the server itself: handshake and list."""
    start = time.monotonic()
    session = Session(url)
    session.tools()
    seconds = time.monotonic() - start
    session.close()
    return seconds


def _start_seconds(bench, servers):
    start = time.monotonic()
    with Gateway(bench, servers) as gateway:
        gateway.wait_until(gateway.is_ready)
        seconds = time.monotonic() - start
        if gateway.ready_servers() != len(servers):
            raise RuntimeError("the gateway says it is ready before all servers are")
    return seconds
