"""Alternating rounds: what is compared is measured in turn, so that a slow minute of the machine hits all alike."""

import statistics


def alternate(rounds, contestants):
    """Calls each of the functions once in every round.

    Returns a list of results for each name; entries with the same index belong to the same round.
    """
    results = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, measure in contestants.items():
            results[name].append(measure())
    return results


def median(values):
    return statistics.median(values)


def median_of(results, field):
    """The median of one field of results."""
    return statistics.median(getattr(result, field) for result in results)


def median_ratio(ours, theirs):
    """The median over the rounds of ours ÷ theirs."""
    return statistics.median(mine / other for mine, other in zip(ours, theirs, strict=True))
