"""What the scripts of agent clients have in common.

A script gives `main` its scenarios. All of them run one after the other, each prints one JSON object on a line of its
own; one that goes wrong prints {"failed": …} and makes the exit code 1.
"""

import argparse
import inspect
import asyncio
import json
import sys
import traceback
from dataclasses import dataclass
from typing import Any, Callable

# What the model of the agent "agent" does: it calls what a line tells it to call, and reads the results to the user.
CALL = 'call ref__echo {"message":"%s"}'
SAID = "The tools say:\n- %s"


@dataclass
class Target:
    """The agent server, without a path, and a key that it accepts."""

    url: str
    key: str


class Failed(Exception):
    """A scenario did not go as it has to."""


def expect(fact: bool, what: str, *seen: Any) -> None:
    if not fact:
        raise Failed(what + "".join(f"; {value!r}" for value in seen))


def equal(found: Any, wanted: Any, what: str) -> None:
    if found != wanted:
        raise Failed(f"{what}: {found!r} is not {wanted!r}")


def raised(kind: type[BaseException], action: Callable[[], Any]) -> Any:
    """The error that an action has to end with, of exactly this class."""
    try:
        result = action()
    except Exception as error:
        if type(error) is kind:
            return error
        raise Failed(f"{type(error).__name__} in place of {kind.__name__}: {error}") from error
    raise Failed(f"no {kind.__name__}, but {result!r}")


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def main(*scenarios: Callable[[Target], Any]) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("url", help="of the agent server, without a path")
    parser.add_argument("--key", required=True)
    parser.add_argument("--only", action="append", help="a scenario; may be repeated")
    options = parser.parse_args()
    target = Target(options.url, options.key)
    failures = 0
    for scenario in scenarios:
        if options.only and scenario.__name__ not in options.only:
            continue
        try:
            result = scenario(target)
            if inspect.isawaitable(result):
                asyncio.run(result)
            print(json.dumps({"scenario": scenario.__name__}), flush=True)
        except Exception as error:
            failures += 1
            traceback.print_exc()
            print(json.dumps({"failed": scenario.__name__, "reason": f"{type(error).__name__}: {error}"}), flush=True)
    sys.exit(1 if failures else 0)
