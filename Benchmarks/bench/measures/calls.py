"""One tools/call through the gateway to an HTTP upstream, beside nginx passing on the same bytes."""

from ..gateway import ready_gateway
from ..load import in_session, put_load
from ..mcp import Session, open_sessions
from ..nginx import nginx
from ..reference import reference_server
from ..rounds import alternate, median, median_of, median_ratio
from ..table import micros, rate

CONNECTIONS = [1, 16, 64]
# The bars stand in the design of the project: CPU at 64 connections, and what a call takes longer at one.
CPU_BAR, CPU_BAR_CONNECTIONS = 2.0, 64
LATENCY_BAR = 2.0

CALL = {"name": "echo", "arguments": {"message": "The quick brown fox jumps over the lazy dog."}}


def measure(bench):
    with (
        reference_server(bench) as upstream,
        nginx(bench, upstream.port) as beside,
        ready_gateway(bench, {"reference": {"url": upstream.url}}) as gateway,
    ):
        # The gateway has one server, so that its tools keep their names and the requests are the same bytes.
        for url in (upstream.url, beside.url, gateway.url):
            Session(url).expect_echo("echo", "ready?")

        def load(url, watched, connections, seconds=bench.seconds):
            headers = [in_session(session) for session in open_sessions(url, connections)]
            return lambda: put_load(url, headers, "tools/call", CALL, connections, seconds, watched)

        for connections in CONNECTIONS:
            contestants = {
                "nginx": load(beside.url, beside.pids, connections),
                "gateway": load(gateway.url, [gateway.pid], connections),
            }
            if connections == 1:
                contestants["direct"] = load(upstream.url, [upstream.pid], connections)
            # Connections to the upstream, and whatever else is made on first use.
            load(beside.url, [], connections, seconds=1)()
            load(gateway.url, [], connections, seconds=1)()
            results = alternate(bench.rounds, contestants)
            _add_rows(bench.table, connections, results)
            if connections == 1:
                _add_latency(bench.table, results)

        failures = gateway.server("reference")["failures"]
        if failures:
            raise RuntimeError(f"{failures} calls failed at the gateway")


def _add_rows(table, connections, results):
    ours, theirs = results["gateway"], results["nginx"]
    where = f"{connections} connection{'s' if connections > 1 else ''}"
    ratio = median_ratio([load.cpu for load in ours], [load.cpu for load in theirs])
    has_bar = connections == CPU_BAR_CONNECTIONS
    table.add(
        f"CPU per `tools/call`, {where}",
        micros(median_of(ours, "cpu")),
        f"nginx {micros(median_of(theirs, 'cpu'))}",
        ratio,
        f"≤ {CPU_BAR}" if has_bar else "",
        ratio <= CPU_BAR if has_bar else None,
    )
    table.add(
        f"`tools/call` per second, {where}",
        rate(median_of(ours, "rate")),
        f"nginx {rate(median_of(theirs, 'rate'))}",
        median_ratio([load.rate for load in ours], [load.rate for load in theirs]),
    )


def _add_latency(table, results):
    direct = [load.p50 for load in results["direct"]]
    ours = [load.p50 - base for load, base in zip(results["gateway"], direct)]
    theirs = [load.p50 - base for load, base in zip(results["nginx"], direct)]
    ratio = median_ratio(ours, theirs)
    table.add(
        f"Added latency p50, 1 connection (direct: {micros(median(direct))})",
        micros(median(ours)),
        f"nginx {micros(median(theirs))}",
        ratio,
        f"≤ {LATENCY_BAR}",
        ratio <= LATENCY_BAR,
    )
