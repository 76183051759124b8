"""One file for each group of cases; each has a function that takes the `Bench` and adds rows to its table."""
