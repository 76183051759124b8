"""Many runs one after the other: memory and descriptors at the end are those after the first thousand."""

import time

from bench import procfs
from bench.rounds import median
from bench.table import mebibytes

from .. import watch
from ..agent import running_stack
from ..load import put_load
from .overhead import STEPS

USERS = 50
WARM_UP = 1000
GROWTH_TARGET = 5 << 20
# For what is closed only when both ends know.
SETTLING = 10


def measure(bench):
    rounds = [_round(bench) for _ in range(bench.rounds)]
    growth = median(round["memory"] for round in rounds)
    name = f"{bench.runs} runs by {USERS} users"
    bench.table.add(
        f"{name}: growth of the agent's memory", mebibytes(growth), f"≤ {mebibytes(GROWTH_TARGET)}", growth <= GROWTH_TARGET
    )
    bench.table.add(f"{name}: growth of the gateway's memory", mebibytes(median(round["gateway"] for round in rounds)))
    worst = max(rounds, key=lambda round: round["after"] - round["before"])
    bench.table.add(
        f"{name}: descriptors of the agent before → after",
        f"{worst['before']} → {worst['after']}",
        "back to start",
        worst["after"] <= worst["before"],
    )


def _round(bench):
    with running_stack(bench, agent=STEPS) as stack:
        agent, gateway = stack.agent.pid, stack.gateway.pid
        put_load(bench, stack.url, "agent", USERS, WARM_UP)
        start = _settled(agent)
        before = procfs.resident_bytes(agent), procfs.resident_bytes(gateway)
        put_load(bench, stack.url, "agent", USERS, bench.runs)
        stack.expect_no_failed_tools()
        end = _settled(agent, start)
        return {
            "memory": procfs.resident_bytes(agent) - before[0],
            "gateway": procfs.resident_bytes(gateway) - before[1],
            "before": start,
            "after": end,
        }


def _settled(pid, enough=0):
    """Open descriptors once their number no longer changes, or is not above `enough`."""
    deadline = time.monotonic() + SETTLING
    last, since = watch.descriptors(pid), time.monotonic()
    while last > enough and time.monotonic() < deadline and time.monotonic() - since < 1:
        time.sleep(0.05)
        now = watch.descriptors(pid)
        if now != last:
            last, since = now, time.monotonic()
    return last
