"""How quickly a chunk passes through, and whether large results of others hold it up."""

from bench.rounds import median
from bench.table import millis

from ..agent import running_stack
from ..load import background_load, put_load
from ..model import answers, asks_for, call, stamps

STREAMS, INTERVAL, SECONDS = 100, 0.02, 5
P50_TARGET, P99_TARGET = 0.002, 0.010

FEW_STREAMS, SHORT_INTERVAL = 10, 0.01
RESULT_BYTES = 20_000_000
RESULTS = 5
GAP_TARGET = 0.050


def measure(bench):
    _add_chunks(bench)
    _add_gaps(bench)


def _add_chunks(bench):
    rounds = [_chunk_round(bench) for _ in range(bench.rounds)]
    ours, alone = [round[0] for round in rounds], [round[1] for round in rounds]
    where = f"Chunk in to chunk out, {STREAMS} streams × {1 / INTERVAL:.0f}/s"
    for name, target in [("p50", P50_TARGET), ("p99", P99_TARGET)]:
        measured = median(getattr(chunk, name) for chunk in ours)
        harness = median(getattr(chunk, name) for chunk in alone)
        bench.table.add(
            f"{where}: {name}", millis(measured), f"≤ {millis(target)}", measured <= target, f"{millis(harness)} without agent"
        )


def _chunk_round(bench):
    with running_stack(bench, paced=[stamps(round(SECONDS / INTERVAL), INTERVAL)], warm=[answers()]) as stack:
        put_load(bench, stack.url, "warm", 10, 100)
        ours = put_load(bench, stack.url, "paced", STREAMS, STREAMS).chunk
        direct = f"{stack.models['paced'].url}/chat/completions"
        return ours, put_load(bench, direct, "paced", STREAMS, STREAMS).chunk


def _add_gaps(bench):
    rounds = [_gap_round(bench) for _ in range(bench.rounds)]
    measured = median(gap for gap, _ in rounds)
    bench.table.add(
        f"Longest gap in {FEW_STREAMS} other streams (chunks every {millis(SHORT_INTERVAL)})"
        f" while a tool result of {RESULT_BYTES // 1_000_000} MB is handled",
        millis(measured),
        f"≤ {millis(GAP_TARGET)}",
        measured <= GAP_TARGET,
        f"{millis(median(alone for _, alone in rounds))} without the result",
    )


def _gap_round(bench):
    """The longest gap with large results, and without."""
    paced = [stamps(round(SECONDS / SHORT_INTERVAL), SHORT_INTERVAL)]
    large = [asks_for(call("large", bytes=RESULT_BYTES)), answers()]
    with running_stack(bench, paced=paced, large=large) as stack:
        alone = put_load(bench, stack.url, "paced", FEW_STREAMS, FEW_STREAMS).gap.max
        with background_load(bench, stack.url, "paced", FEW_STREAMS, FEW_STREAMS) as streams:
            put_load(bench, stack.url, "large", 1, RESULTS)
            if not streams.is_running():
                raise RuntimeError("the streams ended before the large results were handled")
            gap = streams().gap.max
        stack.expect_no_failed_tools()
        return gap, alone
