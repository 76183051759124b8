"""Load on an MCP endpoint, by wrk: requests one after the other on each of some connections."""

import collections
import json
import pathlib
import subprocess

from . import procfs
from .mcp import REVISION, UnexpectedAnswer
from .programs import find

SCRIPT = pathlib.Path(__file__).with_name("load.lua")

# rate: requests answered in a second. cpu: seconds that the watched processes took for one request.
# p50, p99, max: of the time to the whole answer, in seconds.
Load = collections.namedtuple("Load", "rate cpu p50 p99 max")


def in_session(session):
    """The headers of a request in a session."""
    return {"MCP-Protocol-Version": REVISION, "Mcp-Session-Id": session}


def put_load(url, headers, method, params, connections, seconds, watched):
    """Sends the same request all the time, with each of `headers` in turn, and measures what it takes the processes
    `watched` (their ids)."""
    body = json.dumps({"jsonrpc": "2.0", "id": 0, "method": method, "params": params}, separators=(",", ":"))
    body = body.replace('"id":0', '"id":ID_OF_REQUEST', 1)
    command = [find("wrk"), "--threads", "1", "--connections", connections, "--duration", f"{seconds}s"]
    command += ["--timeout", "10s", "--script", SCRIPT, url, "--", body]
    command += [";".join(f"{name}={value}" for name, value in each.items()) for each in headers]
    before = procfs.cpu_seconds(watched)
    run = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=seconds + 60)
    after = procfs.cpu_seconds(watched)
    line = next((line for line in run.stdout.splitlines() if line.startswith("RESULT ")), None)
    if line is None:
        raise UnexpectedAnswer(f"wrk failed: {run.stdout}{run.stderr}")
    result = json.loads(line.removeprefix("RESULT "))
    if result["failed"] or not result["requests"]:
        raise UnexpectedAnswer(f"{result['failed']} of {result['requests']} requests to {url} failed")
    return Load(
        rate=result["requests"] / result["seconds"],
        cpu=(after - before) / result["requests"],
        p50=result["p50"] / 1e6,
        p99=result["p99"] / 1e6,
        max=result["max"] / 1e6,
    )
