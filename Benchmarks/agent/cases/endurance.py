"""Many runs one after the other: memory stays what it was after the first thousand, descriptors what they were at rest."""

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
# Connections to model and gateway are kept for the next request for 50 s.
PATIENCE = 70


def measure(bench):
    rounds = [_round(bench) for _ in range(bench.rounds)]
    growth = median(round["memory"] for round in rounds)
    name = f"{bench.runs} runs by {USERS} users"
    bench.table.add(
        f"{name}: growth of the agent's memory",
        mebibytes(growth),
        f"≤ {mebibytes(GROWTH_TARGET)}",
        growth <= GROWTH_TARGET,
    )
    bench.table.add(f"{name}: growth of the gateway's memory", mebibytes(median(round["gateway"] for round in rounds)))
    worst = max(rounds, key=lambda round: round["after"] - round["before"])
    bench.table.add(
        f"{name}: open files of the agent at rest, before → after",
        f"{worst['before']} → {worst['after']}",
        "back to start",
        worst["after"] <= worst["before"],
    )


def _round(bench):
    with running_stack(bench, agent=STEPS) as stack:
        agent, gateway = stack.agent.pid, stack.gateway.pid
        at_rest = watch.descriptors(agent)
        put_load(bench, stack.url, "agent", USERS, WARM_UP)
        before = procfs.resident_bytes(agent), procfs.resident_bytes(gateway)
        put_load(bench, stack.url, "agent", USERS, bench.runs)
        after = procfs.resident_bytes(agent), procfs.resident_bytes(gateway)
        stack.expect_no_failed_tools()
        return {
            "memory": after[0] - before[0],
            "gateway": after[1] - before[1],
            "before": at_rest,
            "after": _descriptors_at_rest(agent, at_rest),
        }


def _descriptors_at_rest(pid, enough):
    """Open descriptors once there are only `enough`, or after all that is kept for a while should be gone."""
    end = time.monotonic() + PATIENCE
    while watch.descriptors(pid) > enough and time.monotonic() < end:
        time.sleep(0.1)
    return watch.descriptors(pid)
