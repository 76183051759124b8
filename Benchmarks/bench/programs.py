"""Programs that run beside a measurement. Each ends with its `with` block, also when the measurement fails."""

import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

# A program that is not ready, or not gone, after this many seconds never will be.
PATIENCE = 30


class ProgramFailed(Exception):
    """A program did not start, or did not stay."""


class Program:
    """A process with an output file of its own."""

    def __init__(self, name, command, directory):
        self.name = name
        self.output = pathlib.Path(tempfile.mkstemp(prefix=f"{name}-", suffix=".log", dir=directory)[1])
        with open(self.output, "wb") as output:
            self.process = subprocess.Popen(
                [str(part) for part in command], stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=directory
            )
        self.pid = self.process.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        if self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def wait_until(self, is_ready, interval=0.002):
        """Asks again and again until the answer is true, and gives it back."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            answer = is_ready()
            if answer:
                return answer
            if self.process.poll() is not None:
                raise ProgramFailed(f"{self.name} ended with {self.process.returncode}:\n{self.log_tail()}")
            time.sleep(interval)
        raise ProgramFailed(f"{self.name} is not ready after {PATIENCE} s:\n{self.log_tail()}")

    def log_tail(self):
        return "\n".join(self.output.read_text(errors="replace").splitlines()[-20:])


def find(name):
    """The path of a program; those of administrators are not in everybody's PATH."""
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if path is None:
        raise ProgramFailed(f"{name} is not installed")
    return path


def free_port():
    """A TCP port of 127.0.0.1 that nobody listens on at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@contextlib.contextmanager
def all_of(programs):
    """Many programs as one: all are stopped, in reverse order, and no other is started once one has failed."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(start()) for start in programs]
