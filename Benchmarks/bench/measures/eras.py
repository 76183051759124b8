"""Clients of 2026-07-28 beside clients with sessions, and calls that wait for answers."""

import concurrent.futures
import contextlib

from .. import procfs
from ..gateway import ready_gateway
from ..load import in_session, put_load
from ..mcp import Session, UnexpectedAnswer, open_sessions
from ..modern import Client, headers, meta
from ..reference import reference_server
from ..rounds import alternate, median, median_of, median_ratio
from ..table import kibibytes, micros
from .calls import CALL

CONNECTIONS = 16
CALL_BAR = 1.1
PARK_BAR = 2.0
# Pairs of requests in a round, and how many at a time: a question waits 20 ms for others.
PAIRS, AT_ONCE = 600, 32
PARKED = 1000

ASKING = "test_elicitation"
ARGUMENTS = {"message": "who?"}
ANSWER = {"action": "accept", "content": {"username": "me", "email": "me@example.org"}}
ASKABLE = {"elicitation": {}}
LIMITS = {"maxParkedCalls": 10_000, "maxParkedCallsPerClient": 10_000}


def measure(bench):
    with (
        reference_server(bench, "--era", "legacy") as legacy,
        reference_server(bench, "--era", "modern") as modern,
        ready_gateway(bench, {"reference": {"url": legacy.url}}, limits=LIMITS) as to_legacy,
        ready_gateway(bench, {"reference": {"url": modern.url}}, limits=LIMITS) as to_modern,
    ):
        _calls(bench, to_legacy, to_modern)
        _parks(bench, to_legacy)
    with reference_server(bench, "--era", "legacy") as legacy:
        rounds = alternate(bench.rounds, {"gateway": lambda: _parked_size(bench, legacy)})["gateway"]
        bench.table.add(f"Resident memory per parked call ({PARKED} of them)", kibibytes(median(rounds)))


def _calls(bench, to_legacy, to_modern):
    described = {**CALL, "_meta": meta({})}

    def in_sessions(gateway, seconds=bench.seconds):
        sessions = [in_session(session) for session in open_sessions(gateway.url, CONNECTIONS)]
        return lambda: put_load(gateway.url, sessions, "tools/call", CALL, CONNECTIONS, seconds, [gateway.pid])

    def self_describing(gateway, seconds=bench.seconds):
        fields = [headers("tools/call", CALL["name"])]
        return lambda: put_load(gateway.url, fields, "tools/call", described, CONNECTIONS, seconds, [gateway.pid])

    contestants = {
        "session to session": in_sessions(to_legacy),
        "session to 2026-07-28": in_sessions(to_modern),
        "2026-07-28 to session": self_describing(to_legacy),
        "2026-07-28 to 2026-07-28": self_describing(to_modern),
    }
    for gateway in (to_legacy, to_modern):
        in_sessions(gateway, seconds=1)()
        self_describing(gateway, seconds=1)()
    results = alternate(bench.rounds, contestants)
    base = [load.cpu for load in results["session to session"]]
    for name, loads in results.items():
        if loads is results["session to session"]:
            continue
        ratio = median_ratio([load.cpu for load in loads], base)
        bench.table.add(
            f"CPU per `tools/call`, {name}, {CONNECTIONS} connections",
            micros(median_of(loads, "cpu")),
            f"session to session {micros(median(base))}",
            ratio,
            f"≤ {CALL_BAR}",
            ratio <= CALL_BAR,
        )


def _parks(bench, gateway):
    def pairs(body):
        def run():
            before = procfs.cpu_seconds([gateway.pid])
            with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
                for future in [pool.submit(_repeat, gateway.url, body, PAIRS // AT_ONCE) for _ in range(AT_ONCE)]:
                    future.result()
            return (procfs.cpu_seconds([gateway.pid]) - before) / (PAIRS // AT_ONCE * AT_ONCE)

        return run

    contestants = {"plain": pairs(_two_calls), "parked": pairs(_park_and_resume)}
    for warm_up in contestants.values():
        warm_up()
    results = alternate(bench.rounds, contestants)
    ratio = median_ratio(results["parked"], results["plain"])
    bench.table.add(
        "CPU of a call that parks and resumes",
        micros(median(results["parked"])),
        f"two plain calls {micros(median(results['plain']))}",
        ratio,
        f"≤ {PARK_BAR}",
        ratio <= PARK_BAR,
    )


def _repeat(url, body, times):
    client = Client(url, ASKABLE)
    with contextlib.closing(client):
        for _ in range(times):
            body(client)


def _two_calls(client):
    for _ in range(2):
        client.call(CALL["name"], CALL["arguments"])


def _park(client):
    asked = client.call(ASKING, ARGUMENTS)
    if asked.get("resultType") != "input_required":
        raise UnexpectedAnswer(f"{ASKING} did not ask: {asked}")
    return asked


def _park_and_resume(client):
    asked = _park(client)
    answers = {key: ANSWER for key in asked["inputRequests"]}
    result = client.call(ASKING, ARGUMENTS, inputResponses=answers, requestState=asked["requestState"])
    if result.get("isError") or result["resultType"] != "complete":
        raise UnexpectedAnswer(f"{ASKING} answered {result}")


def _parked_size(bench, upstream):
    """Bytes of a gateway for each of the calls that wait in it."""
    with ready_gateway(bench, {"reference": {"url": upstream.url}}, limits=LIMITS) as gateway:
        # Code and caches that come with the first ones belong to the gateway at rest.
        _repeat(gateway.url, _park_and_resume, 20)
        session = Session(gateway.url)
        session.tools()
        session.close()
        before = procfs.resident_bytes(gateway.pid)
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            share = PARKED // AT_ONCE
            for future in [pool.submit(_repeat, gateway.url, _park, share) for _ in range(AT_ONCE)]:
                future.result()
        return (procfs.resident_bytes(gateway.pid) - before) / (share * AT_ONCE)
