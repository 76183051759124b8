"""One file for each measure; each has a function that takes the `Bench` and adds rows to its table."""
