"""What a request costs where nobody waits: no delays, three tools side by side, one user and ten."""

from bench.rounds import median
from bench.table import millis

from ..agent import running_stack
from ..load import harness_load, put_load
from ..model import answers, asks_for, call
from ..table import capacity, per_second

STEPS = [asks_for(*(call("echo", message=f"message {number}") for number in range(3))), answers()]
ANSWERS = 2
REQUESTS = 500
MANY_REQUESTS = 2000
P50_TARGET, CPU_TARGET, RATE_TARGET = 0.008, 0.005, 200


def measure(bench):
    rounds = [_round(bench) for _ in range(bench.rounds)]
    p50, cpu, rate = (median(round[index] for round in rounds) for index in range(3))
    alone, harness = (median(round[index] for round in rounds) for index in (3, 4))
    bench.table.add(
        "No delays, 3 parallel tools, 1 user: p50",
        millis(p50),
        f"≤ {millis(P50_TARGET)}",
        p50 <= P50_TARGET,
        f"{millis(ANSWERS * alone)} for the {ANSWERS} answers alone",
    )
    bench.table.add(
        "CPU per request of agent and gateway", millis(cpu), f"≤ {millis(CPU_TARGET)}", cpu <= CPU_TARGET
    )
    bench.table.add(
        "No delays, 10 users: throughput",
        per_second(rate),
        f"≥ {per_second(RATE_TARGET)}",
        rate >= RATE_TARGET,
        capacity(harness / ANSWERS, RATE_TARGET),
    )


def _round(bench):
    with running_stack(bench, agent=STEPS) as stack:
        put_load(bench, stack.url, "agent", 10, 100)
        before = stack.cpu_seconds()
        one = put_load(bench, stack.url, "agent", 1, REQUESTS)
        cpu = (stack.cpu_seconds() - before) / REQUESTS
        many = put_load(bench, stack.url, "agent", 10, MANY_REQUESTS)
        stack.expect_no_failed_tools()
        model = stack.models["agent"]
        return (
            one.total.p50,
            cpu,
            many.rate,
            harness_load(bench, model, "agent", 1).total.p50,
            harness_load(bench, model, "agent", 10).rate,
        )
