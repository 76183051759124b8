"""The benchmarks of the gateway: what is measured stands in docs/performance.md."""
