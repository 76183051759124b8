"""What a process takes while something else happens."""

import contextlib
import pathlib
import threading
import types

from bench import procfs

INTERVAL = 0.05


def threads(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("Threads:"):
            return int(line.split()[1])
    raise RuntimeError(f"process {pid} has no Threads")


def descriptors(pid):
    return len(list(pathlib.Path(f"/proc/{pid}/fd").iterdir()))


@contextlib.contextmanager
def watched(*pids):
    """For each process the most `.resident` bytes, `.threads` and `.descriptors` there were during the block."""
    peaks = [types.SimpleNamespace(resident=0, threads=0, descriptors=0) for _ in pids]
    stop = threading.Event()

    def look():
        for pid, peak in zip(pids, peaks):
            peak.resident = max(peak.resident, procfs.resident_bytes(pid))
            peak.threads = max(peak.threads, threads(pid))
            peak.descriptors = max(peak.descriptors, descriptors(pid))

    def watch():
        while not stop.wait(INTERVAL):
            look()

    look()
    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield peaks
    finally:
        stop.set()
        watcher.join()
        look()
