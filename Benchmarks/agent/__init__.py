"""The benchmarks of the agent: what is measured stands in docs/performance.md."""
