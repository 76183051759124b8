"""What all measures share."""

import contextlib
import os
import pathlib
import resource
import shutil
import tempfile

from .table import Table


class Bench:
    """Where the programs are, how long to measure, and the table that the results go to."""

    def __init__(self, binaries, rounds, seconds, directory):
        self.binaries = pathlib.Path(binaries).resolve()
        self.rounds = rounds
        self.seconds = seconds
        self.directory = directory
        self.cores = len(os.sched_getaffinity(0))
        self.table = Table()


@contextlib.contextmanager
def working_directory():
    """A directory for configurations and logs, gone afterwards."""
    directory = pathlib.Path(tempfile.mkdtemp(prefix="mcp-gateway-bench-"))
    # The workers of nginx run as another user and pass through.
    directory.chmod(0o711)
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def raise_descriptor_limit():
    """A thousand streams take a thousand descriptors at each end."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
