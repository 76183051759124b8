"""The one table that comes out."""


class Table:
    """Rows of: what was measured, the gateway's value, what stands beside it, ratio, and the bar to reach."""

    HEAD = ["Measure", "Gateway", "Beside it", "Ratio", "Bar", "Met"]

    def __init__(self):
        self.rows = []

    def add(self, measure, value, beside="", ratio=None, bar="", met=None):
        """`met`: whether the bar is reached; `None` where there is no bar."""
        verdict = "" if met is None else "yes" if met else "**no**"
        self.rows.append([measure, value, beside, "" if ratio is None else f"{ratio:.2f}", bar, verdict])

    def rendered(self):
        """Markdown, aligned so that it reads well in a terminal too."""
        rows = [self.HEAD, *self.rows]
        widths = [max(len(row[column]) for row in rows) for column in range(len(self.HEAD))]
        lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |" for row in rows]
        lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
        return "\n".join(lines)


def micros(seconds):
    return f"{seconds * 1e6:.0f} µs"


def millis(seconds):
    return f"{seconds * 1e3:.1f} ms"


def rate(per_second):
    return f"{per_second:,.0f}/s".replace(",", " ")


def mebibytes(size):
    return f"{size / (1 << 20):.1f} MiB"


def kibibytes(size):
    return f"{size / 1024:.1f} KiB"
