"""Calls of many clients that share one child process."""

from ..gateway import ready_gateway
from ..load import in_session, put_load
from ..mcp import Session, open_sessions
from ..rounds import alternate, median_of
from ..table import micros, rate
from .calls import CALL

CONNECTIONS = 64
RATE_BAR = 20_000


def measure(bench):
    child = {"command": str(bench.binaries / "reference-server"), "args": ["--era", "legacy"]}
    with ready_gateway(bench, {"reference": child}) as gateway:
        Session(gateway.url).expect_echo("echo", "ready?")
        headers = [in_session(session) for session in open_sessions(gateway.url, CONNECTIONS)]
        child_pid = gateway.server("reference")["pid"]

        def load(watched, seconds=bench.seconds):
            return lambda: put_load(gateway.url, headers, "tools/call", CALL, CONNECTIONS, seconds, watched)

        load([], seconds=1)()
        results = alternate(bench.rounds, {"gateway": load([gateway.pid]), "child": load([child_pid])})
        if gateway.server("reference")["failures"]:
            raise RuntimeError("calls over stdio failed")
    calls_per_second = median_of(results["gateway"] + results["child"], "rate")
    bench.table.add(
        f"`tools/call` per second over one stdio child, {CONNECTIONS} connections",
        rate(calls_per_second),
        bar=f"≥ {rate(RATE_BAR)}",
        met=calls_per_second >= RATE_BAR,
    )
    bench.table.add(
        "CPU per `tools/call` over stdio",
        micros(median_of(results["gateway"], "cpu")),
        f"the child {micros(median_of(results['child'], 'cpu'))}",
    )
