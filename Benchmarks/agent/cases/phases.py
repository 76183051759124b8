"""Tools of one turn, side by side: from the opening of the first one's stage to the closing of the last one's."""

from bench.rounds import median

from ..agent import running_stack
from ..load import put_load
from ..model import answers, asks_for, call
from ..table import seconds

TWO = [call("delay", ms=3000), call("delay", ms=4000)]
# Numbered, so that none repeats another.
SIXTEEN = [call("delay", ms=1000, number=number) for number in range(16)]


def measure(bench):
    rounds = [_round(bench) for _ in range(bench.rounds)]
    for name, what, target in [
        ("two", "Tool phase, two tools of 3 s and 4 s", 4.05),
        ("sixteen", "Tool phase, 16 tools of 1 s", 1.1),
    ]:
        measured = median(round[name] for round in rounds)
        bench.table.add(what, f"{measured:.3f} s", f"≤ {target} s", measured <= target)


def _round(bench):
    with running_stack(
        bench, two=[asks_for(*TWO), answers()], sixteen=[asks_for(*SIXTEEN), answers()]
    ) as stack:
        phases = {
            name: put_load(bench, stack.url, name, 1, 1, progress="stages").phase.p50 for name in ("two", "sixteen")
        }
        stack.expect_no_failed_tools()
        return phases
