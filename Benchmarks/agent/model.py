"""The simulated model: what it answers, and when."""

import contextlib
import json
import re
import tempfile

from bench.programs import Program

CHUNKS = 20
TEXT = "The tools have answered. " * 8


def call(tool, **arguments):
    return {"name": tool, "arguments": json.dumps(arguments)}


def asks_for(*calls, delay=0):
    """A step: after `delay` seconds, some text and these calls."""
    return {"delayMs": round(delay * 1000), "text": "I look.", "pieces": 1, "toolCalls": list(calls)}


def answers(delay=0):
    """A step: after `delay` seconds, a text in twenty chunks."""
    return {"delayMs": round(delay * 1000), "text": TEXT, "pieces": CHUNKS}


def stamps(count, interval):
    """A step: chunks at a steady pace, each of which says when it was sent."""
    return {"stamps": count, "pauseMs": round(interval * 1000)}


@contextlib.contextmanager
def model(bench, steps):
    """A model that takes these steps in each conversation; has `.url`, of its API, and `.pid`."""
    script = tempfile.NamedTemporaryFile("w", suffix=".json", dir=bench.directory, delete=False)
    with script:
        json.dump({"steps": steps}, script)
    command = [bench.binaries / "scripted-llm", "--script", script.name, "--no-log", "--loops", "1"]
    with Program("scripted-llm", command, bench.directory) as server:
        announced = server.wait_until(lambda: re.search(r"listening on (http://\S+)\n", server.output.read_text()))
        server.url = announced[1]
        yield server
