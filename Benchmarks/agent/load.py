"""Users of the agent, played by agent-load."""

import contextlib
import json
import subprocess
import types

from bench.programs import Program

PATIENCE = 600


class LoadFailed(Exception):
    """There was no load, or it found that answers were not what they should be."""


QUESTION = {"role": "user", "content": "Go."}
# To the model alone: it takes its second step, the answer.
SECOND_TURN = [QUESTION, {"role": "assistant", "content": "I look."}]


def _command(bench, url, name, users, requests, progress, messages=(QUESTION,)):
    body = {"model": name, "stream": True, "messages": list(messages)}
    if progress:
        body["agent_bridge"] = {"progress": progress}
    command = [bench.binaries / "agent-load", "--url", url, "--users", users, "--requests", requests]
    return [str(part) for part in [*command, "--body", json.dumps(body)]]


def put_load(bench, url, name, users, requests, progress=None, messages=(QUESTION,)):
    """Sends that many requests, users at a time, and waits for the last answer.

    What comes back has `.requests`, `.seconds`, `.rate`, and of `.total`, `.first`, `.phase`, `.chunk` and `.gap` the
    `.average`, `.p50`, `.p99` and `.max` in seconds.
    """
    command = _command(bench, url, name, users, requests, progress, messages)
    run = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    return _result(run.returncode, run.stdout, run.stderr)


@contextlib.contextmanager
def background_load(bench, url, name, users, requests, progress=None):
    """The same beside something else; call what you get, within the block, for the result."""
    with Program("agent-load", _command(bench, url, name, users, requests, progress), bench.directory) as program:

        def result():
            program.process.wait(PATIENCE)
            return _result(program.process.returncode, program.output.read_text(), "")

        result.is_running = lambda: program.process.poll() is None
        yield result


def _result(status, output, errors):
    if status:
        raise LoadFailed(f"agent-load ended with {status}: {output}{errors}")
    load = json.loads(output, object_hook=lambda members: types.SimpleNamespace(**members))
    if load.failed:
        raise LoadFailed(f"{load.failed} of {load.requests} requests failed, such as: {'; '.join(load.failures)}")
    load.rate = load.requests / load.seconds
    return load


def harness_load(bench, model, name, users):
    """The model and the load alone: answers without the agent in between."""
    requests = max(500, 3 * users)
    return put_load(bench, f"{model.url}/chat/completions", name, users, requests, messages=SECOND_TURN)
