"""The one table that comes out."""

from bench.table import Table


class AgentTable(Table):
    """Rows of: what was measured, its value, the target, whether it is met, what the harness alone can do."""

    HEAD = ["Case", "Measured", "Target", "Met", "Harness alone"]

    def add(self, case, value, target="", met=None, harness=""):
        """`met`: `None` where there is no target."""
        self.rows.append([case, value, target, "" if met is None else "yes" if met else "**no**", harness])


def seconds(value):
    return f"{value:.2f} s"


def per_second(rate):
    return f"{rate:.2f}/s" if rate < 100 else f"{rate:.0f}/s"


def capacity(harness, target):
    """Requests a second that the harness could do if the agent cost nothing, and how far that is above the target."""
    return f"{per_second(harness)}, {harness / target:.1f} × the target"
