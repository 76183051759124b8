"""Standard requests by ten, two hundred and a thousand users: the model takes a second, the tool three, the model one."""

from bench import procfs
from bench.rounds import median
from bench.table import kibibytes

from .. import watch
from ..agent import running_stack
from ..load import harness_load, put_load
from ..model import answers, asks_for, call
from ..table import capacity, per_second, seconds

STEPS = [asks_for(call("delay", ms=3000), delay=1), answers(delay=1)]
# Of the model, for a request.
ANSWERS = 2
WARM_STEPS = [asks_for(call("delay", ms=0)), answers()]

# Users, requests, and the targets: average, 99th percentile, requests a second.
CASES = [(10, 100, 5.05, None, 1.97), (200, 600, 5.2, None, 37), (1000, 3000, 6.0, 7.5, 140)]
MEMORY_TARGET = 100 * 1024
THREADS_TARGET = 32


def measure(bench):
    for users, requests, average, p99, rate in CASES:
        rounds = [_round(bench, users, requests) for _ in range(bench.rounds)]
        loads = [load for load, _, _ in rounds]
        where = f"{users} users, {requests} standard requests (ideal 5 s)"
        measured = median(load.total.average for load in loads)
        throughput = median(load.rate for load in loads)
        harness = capacity(median(harness for _, _, harness in rounds) / ANSWERS, rate)
        bench.table.add(f"{where}: average", seconds(measured), f"≤ {average} s", measured <= average, harness)
        bench.table.add(
            f"{users} users: throughput", per_second(throughput), f"≥ {per_second(rate)}", throughput >= rate
        )
        if p99:
            measured = median(load.total.p99 for load in loads)
            bench.table.add(f"{users} users: 99 % within", seconds(measured), f"≤ {p99} s", measured <= p99)
            _add_usage(bench.table, users, [usage for _, usage, _ in rounds])


def _add_usage(table, users, usages):
    agent, gateway = median(usage["agent"] for usage in usages), median(usage["gateway"] for usage in usages)
    table.add(
        f"{users} users: memory of the agent per request in flight",
        kibibytes(agent),
        f"≤ {kibibytes(MEMORY_TARGET)}",
        agent <= MEMORY_TARGET,
    )
    table.add(f"{users} users: memory of the gateway per request in flight", kibibytes(gateway))
    threads = max(usage["threads"] for usage in usages)
    table.add(f"{users} users: threads of the agent", str(threads), f"≤ {THREADS_TARGET}", threads <= THREADS_TARGET)


def _round(bench, users, requests):
    """The load; bytes per user and threads; answers a second of the harness alone."""
    with running_stack(bench, standard=STEPS, warm=WARM_STEPS) as stack:
        # Sessions, tools, code: what the first request of all brings with it.
        put_load(bench, stack.url, "warm", 1, 3)
        agent, gateway = stack.agent.pid, stack.gateway.pid
        before = procfs.resident_bytes(agent), procfs.resident_bytes(gateway)
        with watch.watched(agent, gateway) as peaks:
            load = put_load(bench, stack.url, "standard", users, requests)
        stack.expect_no_failed_tools()
        usage = {
            "agent": (peaks[0].resident - before[0]) / users,
            "gateway": (peaks[1].resident - before[1]) / users,
            "threads": peaks[0].threads,
        }
        return load, usage, harness_load(bench, stack.models["warm"], "warm", users).rate
