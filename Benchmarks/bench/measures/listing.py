"""The merged list of many tools, while one of the servers hangs."""

import statistics
import time

from ..gateway import Gateway, ready_gateway
from ..load import in_session, put_load
from ..mcp import Session, UnexpectedAnswer
from ..programs import all_of
from ..reference import reference_server
from ..rounds import alternate, median, median_of
from ..table import millis

LIVE_SERVERS = 19
TOOLS = 1000
P99_BAR = 0.005
# Lists asked for while the gateway still waits for the hung server. A minute of them would prove no more.
EARLY_LISTS = 200
EARLY_SECONDS = 3


def measure(bench):
    shares = [TOOLS // LIVE_SERVERS + (index < TOOLS % LIVE_SERVERS) for index in range(LIVE_SERVERS)]
    starters = [lambda share=share: reference_server(bench, "--tools", share) for share in shares]
    with all_of(starters) as live, reference_server(bench, "--silent") as hung:
        servers = {
            f"s{index:02}": {"url": server.url, "tools": {"allow": ["tool_*"]}} for index, server in enumerate(live)
        }
        with_hung = servers | {"hung": {"url": hung.url}}
        early = [_early_p99(bench, with_hung) for _ in range(bench.rounds)]
        with (
            Gateway(bench, with_hung) as troubled,
            ready_gateway(bench, servers) as healthy,
        ):
            # Ready: the hung server had its time (timeouts.connect) and is tried again in the background.
            troubled.wait_until(lambda: troubled.is_ready() and troubled.ready_servers() == LIVE_SERVERS)
            results = alternate(bench.rounds, {"hung": _lists(bench, troubled), "healthy": _lists(bench, healthy)})

    first, later = median(first for first, _ in early), median(later for _, later in early)
    name = f"`tools/list` p99, {TOOLS} tools, {LIVE_SERVERS + 1} servers, one hung"
    healthy = median_of(results["healthy"], "p99")
    bench.table.add(f"{name}: the first list of all", millis(first), beside="may wait 300 ms (`catalog.listWait`)")
    for moment, p99 in [("while it connects", later), ("once given up", median_of(results["hung"], "p99"))]:
        bench.table.add(
            f"{name}: {moment}",
            millis(p99),
            f"without it {millis(healthy)}",
            p99 / healthy,
            f"< {millis(P99_BAR)}",
            p99 < P99_BAR,
        )


def _lists(bench, gateway):
    session = Session(gateway.url)
    _expect_all(session)
    return lambda: put_load(gateway.url, [in_session(session.id)], "tools/list", {}, 1, bench.seconds, [gateway.pid])


def _expect_all(session):
    count = len(session.tools())
    if count != TOOLS:
        raise UnexpectedAnswer(f"{count} tools are listed, not {TOOLS}")


def _early_p99(bench, servers):
    """How long the first list takes, and 99 % of the following, while the hung server is still being connected to."""
    with Gateway(bench, servers) as gateway:
        gateway.wait_until(lambda: gateway.ready_servers() == LIVE_SERVERS)
        session = Session(gateway.url)
        times = []
        end = time.monotonic() + EARLY_SECONDS
        while len(times) <= EARLY_LISTS and time.monotonic() < end:
            start = time.monotonic()
            answer = session.request("tools/list")
            times.append(time.monotonic() - start)
            if len(answer["tools"]) != TOOLS:
                raise UnexpectedAnswer(f"{len(answer['tools'])} tools are listed, not {TOOLS}")
        if gateway.is_ready():
            raise UnexpectedAnswer("the hung server was given up before the lists were measured")
    return times[0], statistics.quantiles(times[1:], n=100, method="inclusive")[98]
