"""What every client has to be able to do, whichever SDK it is made of.

A client program gives `main` a function that connects. It runs the scenarios it is told to one after the other, all of
them once for each target and prefix. Each step of a scenario prints one JSON object on a line of its own; a step that
goes wrong prints {"failed": …}, ends its scenario, and makes the exit code 1.
"""

import argparse
import base64
import contextlib
import itertools
import json
import shlex
import sys
import time
import traceback
from dataclasses import dataclass, replace
from typing import Any, AsyncContextManager, Awaitable, Callable, Protocol

import anyio

from host import Host

TOOLS = (
    "echo delay progress log fail large text image audio embedded_resource resource_link structured"
).split()

OnProgress = Callable[[float, float | None, str | None], Awaitable[None]]


class Failed(Exception):
    """A scenario's step did not go as it has to."""


class Refused(Exception):
    """The peer answered a request with a JSON-RPC error."""

    def __init__(self, code: int, message: str):
        super().__init__(f"error {code}: {message}")
        self.code = code
        self.message = message


class Connection(Protocol):
    """One connection, ready for requests. Results are in their wire form, as dictionaries."""

    # Whether it speaks 2026-07-28, which has no sessions.
    is_modern: bool

    def facts(self) -> dict[str, Any]: ...

    async def tools(self) -> list[dict[str, Any]]: ...

    async def resources(self) -> list[dict[str, Any]]: ...

    async def prompts(self) -> list[dict[str, Any]]: ...

    async def call(
        self, name: str, arguments: dict[str, Any], on_progress: OnProgress | None = None
    ) -> dict[str, Any]: ...

    async def templates(self) -> list[dict[str, Any]]: ...

    async def read(self, uri: str) -> list[dict[str, Any]]: ...

    async def prompt(self, name: str, arguments: dict[str, str]) -> list[dict[str, Any]]: ...

    async def complete(
        self, ref: dict[str, str], argument: str, value: str, known: dict[str, str] | None = None
    ) -> dict[str, Any]: ...

    async def subscribe(self, uri: str) -> None: ...

    async def unsubscribe(self, uri: str) -> None: ...

    async def watch_lists(self) -> None:
        """Asks to be told when lists change, which clients with a session are without asking."""
        ...

    async def set_level(self, level: str) -> None:
        """Of log messages from now on: for the session, or with every request where there is none."""
        ...

    async def ping(self) -> None: ...

    async def roots_changed(self) -> None: ...

    async def call_then_cancel(
        self, name: str, arguments: dict[str, Any], is_time: anyio.Event, on_progress: OnProgress
    ) -> None:
        """Calls, and cancels the call as a program would that no longer wants the answer, once `is_time` is set."""
        ...


@dataclass
class Target:
    """What to connect to: a URL, or a command to speak stdio with."""

    url: str | None
    command: list[str] | None
    mode: str
    headers: dict[str, str]
    # Whom servers may ask; without one the client declares that nobody can be asked.
    host: Host | None = None

    @classmethod
    def parse(cls, text: str, mode: str, headers: dict[str, str]) -> "Target":
        is_url = text.startswith(("http://", "https://"))
        return cls(text if is_url else None, None if is_url else shlex.split(text), mode, headers)

    @property
    def is_sse(self) -> bool:
        """Whether the URL is one of HTTP+SSE, by its path."""
        return self.url is not None and self.url.endswith("/sse")


Connect = Callable[[Target], AsyncContextManager[Connection]]


def report(step: str, **facts: Any) -> None:
    print(json.dumps({"step": step, **facts}, ensure_ascii=False), flush=True)


def require(condition: Any, reason: str) -> None:
    if not condition:
        raise Failed(reason)


def short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) < 500 else text[:500] + "…"


def text_of(result: dict[str, Any]) -> str:
    """The text of a result that succeeded and holds exactly one text."""
    require(not result.get("isError"), f"the call failed: {short(result)}")
    return error_text_of(result)


def error_text_of(result: dict[str, Any]) -> str:
    content = result.get("content") or []
    require(len(content) == 1 and content[0].get("type") == "text", f"not one text: {short(result)}")
    return content[0]["text"]


class Run:
    """The scenarios, with the tools of one prefix."""

    def __init__(self, connect: Connect, target: Target, prefix: str, options: argparse.Namespace):
        self.connect = connect
        self.target = target
        self.prefix = prefix
        self.large_bytes = options.bytes
        self.count = options.count
        self.may_be_refused = options.may_be_refused
        self.server_is_modern = options.server_is_modern
        self.completes_anything = options.completes_anything

    def tool(self, name: str) -> str:
        return self.prefix + name

    @contextlib.asynccontextmanager
    async def connected(self, host: Host | None = None):
        async with self.connect(replace(self.target, host=host)) as connection:
            report("connected", **connection.facts())
            yield connection

    async def list(self) -> None:
        async with self.connected() as connection:
            tools = await connection.tools()
            names = [tool["name"] for tool in tools]
            require(len(names) == len(set(names)), f"a name is listed twice: {sorted(names)}")
            missing = [self.tool(name) for name in TOOLS if self.tool(name) not in names]
            require(not missing, f"missing {missing} among {sorted(names)}")
            for tool in tools:
                require(tool["inputSchema"].get("type") == "object", f"not the schema of an object: {short(tool)}")
            resources = [resource["uri"] for resource in await connection.resources()]
            prompts = [prompt["name"] for prompt in await connection.prompts()]
            report("list", tools=sorted(names), resources=sorted(resources), prompts=sorted(prompts))

    async def call_all(self) -> None:
        async with self.connected() as connection:
            # The SDKs check structured results against the output schema that they saw in the list.
            listed = {tool["name"]: tool for tool in await connection.tools()}
            message = 'é 😀 "\\ \n\t\u0001 </script>'
            require(
                text_of(await connection.call(self.tool("echo"), {"message": message})) == message,
                "echo changed the message",
            )
            started = time.monotonic()
            await self.succeed(connection, "delay", {"ms": 50})
            require(time.monotonic() - started >= 0.05, "delay answered too early")
            await self.succeed(connection, "log", {"count": 3})

            kinds = {"text": "text", "image": "image", "audio": "audio", "resource_link": "resource_link"}
            kinds["embedded_resource"] = "resource"
            for name, kind in kinds.items():
                result = await self.succeed(connection, name, {})
                found = [item for item in result["content"] if item["type"] == kind]
                require(found, f"{name} answered no {kind}: {short(result)}")
                if kind in ("image", "audio"):
                    require(base64.b64decode(found[0]["data"], validate=True), f"{name} has no data")
                    require(found[0]["mimeType"].startswith(kind + "/"), f"{name} has no media type")
                if kind == "resource_link":
                    require(found[0]["uri"] and found[0]["name"], f"{name} has no uri or name")
                if kind == "resource":
                    require(found[0]["resource"]["uri"], f"{name} has no uri")
                report("called", tool=name)
            result = await self.succeed(connection, "structured", {"city": "Bern"})
            require("outputSchema" in listed[self.tool("structured")], "structured has no output schema")
            city = (result.get("structuredContent") or {}).get("city")
            require(city == "Bern", f"structured answered no such city: {short(result)}")
            report("called", tool="structured", result=result.get("structuredContent"))

    async def succeed(self, connection: Connection, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        result = await connection.call(self.tool(name), arguments)
        require(not result.get("isError"), f"{name} failed: {short(result)}")
        return result

    async def progress(self) -> None:
        async with self.connected() as connection:
            seen: list[tuple[float, float | None]] = []

            async def on_progress(progress: float, total: float | None, message: str | None) -> None:
                seen.append((progress, total))

            steps = 5
            result = await connection.call(self.tool("progress"), {"steps": steps, "delayMs": 20}, on_progress)
            require(not result.get("isError"), f"progress failed: {short(result)}")
            with anyio.move_on_after(5):
                # A legacy client may get progress and answer on streams of their own.
                while len(seen) < steps:
                    await anyio.sleep(0.01)
            values = [progress for progress, _ in seen]
            require(len(seen) >= steps, f"{len(seen)} of {steps} notifications came: {seen}")
            require(values == sorted(set(values)), f"progress does not grow: {values}")
            report("progress", seen=seen)

    async def cancel(self) -> None:
        async with self.connected() as connection:
            is_running = anyio.Event()

            async def on_progress(progress: float, total: float | None, message: str | None) -> None:
                is_running.set()

            started = time.monotonic()
            arguments = {"steps": 600, "delayMs": 50}
            with anyio.fail_after(15):
                await connection.call_then_cancel(self.tool("progress"), arguments, is_running, on_progress)
            require(is_running.is_set(), "the call never started")
            report("cancelled", seconds=round(time.monotonic() - started, 3))
            message = "after the cancelled call"
            text = text_of(await connection.call(self.tool("echo"), {"message": message}))
            require(text == message, f"echo answered {text!r}")
            report("echo")

    async def error(self) -> None:
        async with self.connected() as connection:
            result = await connection.call(self.tool("fail"), {"message": "on purpose"})
            require(result.get("isError") is True, f"fail did not fail: {short(result)}")
            require("on purpose" in error_text_of(result), f"fail lost its message: {short(result)}")
            report("fail", text=error_text_of(result))
            for what, name, arguments in (
                ("unknown tool", "no_such_tool", {}),
                ("wrong arguments", "echo", {"message": {"not": "a string"}}),
            ):
                try:
                    result = await connection.call(self.tool(name), arguments)
                    require(result.get("isError") is True, f"{what} was accepted: {short(result)}")
                    report(what, isError=True, text=error_text_of(result))
                except Refused as refusal:
                    report(what, code=refusal.code, message=refusal.message)
            message = "after the errors"
            require(text_of(await connection.call(self.tool("echo"), {"message": message})) == message, "echo failed")
            report("echo")

    async def large(self) -> None:
        async with self.connected() as connection:
            text = text_of(await connection.call(self.tool("large"), {"bytes": self.large_bytes}))
            size = len(text.encode())
            require(size == self.large_bytes, f"{size} of {self.large_bytes} bytes came")
            report("large", bytes=size)

    async def concurrent(self) -> None:
        async with self.connected() as connection:
            started = time.monotonic()

            async def pair(index: int) -> None:
                await self.succeed(connection, "delay", {"ms": index * 37 % 200})
                message = f"message {index}"
                text = text_of(await connection.call(self.tool("echo"), {"message": message}))
                require(text == message, f"call {index} got the answer {text!r}")

            async with anyio.create_task_group() as group:
                for index in range(self.count):
                    group.start_soon(pair, index)
            report("concurrent", calls=2 * self.count, seconds=round(time.monotonic() - started, 3))

    async def reconnect(self) -> None:
        """Calls, waits for a line on standard input, and calls again: what lies between may have been restarted."""

        async def echo(connection: Connection, message: str) -> None:
            text = text_of(await connection.call(self.tool("echo"), {"message": message}))
            require(text == message, f"echo answered {text!r}")

        sessions = 0
        waited = False
        deadline = float("inf")
        last = ""
        while time.monotonic() < deadline:
            try:
                async with self.connected() as connection:
                    sessions += 1
                    if not waited:
                        await echo(connection, "before")
                        report("ready")
                        line = await anyio.to_thread.run_sync(sys.stdin.readline)
                        require(line, "standard input ended")
                        waited = True
                        deadline = time.monotonic() + 20
                    with anyio.fail_after(10):
                        await echo(connection, "after")
                    report("after", sessions=sessions)
                    return
            except Exception as error:
                if not waited:
                    raise
                last = describe(error)
                report("retry", reason=last)
                await anyio.sleep(0.1)
        raise Failed(f"no call succeeded within 20 s of the line on standard input; the last one: {last}")


def leaves(error: BaseException) -> list[BaseException]:
    """The errors in a group: task groups wrap even a single one."""
    if isinstance(error, BaseExceptionGroup):
        return [leaf for part in error.exceptions for leaf in leaves(part)]
    return [error]


def describe(error: BaseException) -> str:
    return "; ".join(f"{type(leaf).__name__}: {leaf}" for leaf in leaves(error))


def main(connect: Connect) -> None:
    from features import FeatureRun  # Built on this module.

    parser = argparse.ArgumentParser()
    parser.add_argument("target", help="a URL, which ends in /sse for HTTP+SSE, or a command line to speak stdio with")
    tools = ["list", "call-all", "progress", "cancel", "error", "large", "concurrent", "reconnect"]
    parser.add_argument("scenario", nargs="+", choices=tools + FeatureRun.SCENARIOS)
    parser.add_argument("--prefix", action="append", help="what stands before each tool's name; may be repeated")
    parser.add_argument("--also", action="append", default=[], metavar="TARGET", help="another one; may be repeated")
    parser.add_argument(
        "--mode",
        default="legacy",
        help="legacy, auto or a revision of the modern era; SDK 1.x only knows legacy",
    )
    parser.add_argument("--header", action="append", default=[], metavar="NAME: VALUE")
    parser.add_argument("--bytes", type=int, default=5_000_000, help="for large")
    parser.add_argument("--count", type=int, default=50, help="for concurrent")
    parser.add_argument("--may-be-refused", action="store_true", help="for crossing: questions may stay unasked")
    parser.add_argument("--server-is-modern", action="store_true", help="the server behind a gateway has no sessions")
    parser.add_argument("--completes-anything", action="store_true", help="with nothing, where there is nothing")
    parser.add_argument("--deadline", type=float, default=60, metavar="SECONDS", help="for each scenario")
    options = parser.parse_args()
    headers = dict(header.split(": ", 1) for header in options.header)
    targets = [Target.parse(text, options.mode, headers) for text in [options.target, *options.also]]
    failures = 0

    async def perform(name: str, target: Target, prefix: str) -> None:
        run = FeatureRun(connect, target, prefix, options)
        with anyio.fail_after(options.deadline):
            await getattr(run, name.replace("-", "_"))()

    async def scenarios() -> None:
        nonlocal failures
        for target, prefix in itertools.product(targets, options.prefix or [""]):
            for name in options.scenario:
                report("scenario", name=name, prefix=prefix, target=target.url or target.command)
                try:
                    await perform(name, target, prefix)
                except Exception as error:
                    failures += 1
                    traceback.print_exc()
                    print(json.dumps({"failed": name, "prefix": prefix, "reason": describe(error)}), flush=True)

    anyio.run(scenarios)
    if failures:
        sys.exit(1)
    report("done")
