"""A server made with FastMCP, on SDK 1.x or 2.x, with the tools of the reference server and `add`.

Over stdio, SSE or Streamable HTTP. Over HTTP it prints one line, {"port": …}, once it listens.
"""

import argparse
import os
import time
from dataclasses import dataclass
from importlib.metadata import version

import anyio
from fastmcp import Context, FastMCP
from fastmcp.exceptions import ToolError
from fastmcp.utilities.types import Audio, Image

from serving import serve

if version("mcp").startswith("2."):
    import mcp_types as types

    mime = {"mime_type": "text/plain"}
else:
    from mcp import types

    mime = {"mimeType": "text/plain"}

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010804000000b51c0c020000000b4944415478da6364f80f00010501012718e3660000"
    "000049454e44ae426082"
)
SILENCE = b"RIFF$\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0@\x1f\0\0\x80>\0\0\2\0\x10\0data\0\0\0\0"


@dataclass
class Weather:
    city: str
    celsius: float
    tags: list[str]


def make(name: str) -> FastMCP:
    server = FastMCP(name)

    @server.tool
    def add(a: int, b: int) -> int:
        return a + b

    @server.tool(output_schema=None)
    async def echo(message: str) -> str:
        return message

    @server.tool(output_schema=None)
    async def delay(ms: int) -> str:
        await anyio.sleep(ms / 1000)
        return f"waited {ms} ms"

    @server.tool(output_schema=None)
    async def progress(steps: int, delayMs: int, ctx: Context) -> str:
        for step in range(1, steps + 1):
            await anyio.sleep(delayMs / 1000)
            await ctx.report_progress(step, steps, f"step {step} of {steps}")
        return f"{steps} steps"

    @server.tool(output_schema=None)
    async def log(count: int, ctx: Context) -> str:
        for number in range(count):
            await ctx.info(f"line {number}")
        return f"{count} lines"

    @server.tool(output_schema=None)
    async def fail(message: str) -> str:
        raise ToolError(message)

    @server.tool(output_schema=None)
    async def large(bytes: int) -> str:
        return "x" * bytes

    @server.tool(output_schema=None)
    async def crash() -> str:
        os._exit(1)

    @server.tool(output_schema=None)
    async def hang() -> str:
        time.sleep(3600)  # Not even other requests are answered meanwhile.
        return "late"

    @server.tool(output_schema=None)
    async def text() -> str:
        return "text"

    @server.tool(output_schema=None)
    async def image() -> Image:
        return Image(data=PIXEL, format="png")

    @server.tool(output_schema=None)
    async def audio() -> Audio:
        return Audio(data=SILENCE, format="wav")

    @server.tool(output_schema=None)
    async def embedded_resource() -> types.EmbeddedResource:
        resource = types.TextResourceContents(uri="note://one", text="first note", **mime)
        return types.EmbeddedResource(type="resource", resource=resource)

    @server.tool(output_schema=None)
    async def resource_link() -> types.ResourceLink:
        return types.ResourceLink(type="resource_link", uri="note://one", name="one", **mime)

    @server.tool
    async def structured(city: str) -> Weather:
        return Weather(city=city, celsius=7.5, tags=["cloudy"])

    @server.resource("note://one", name="one", mime_type="text/plain")
    async def one() -> str:
        return "first note"

    @server.prompt
    async def greet(name: str) -> str:
        return f"Say hello to {name}."

    return server


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--transport", choices=["stdio", "http", "sse"], default="http")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--name", default="fastmcp-server")
    parser.add_argument("--json-response", action="store_true", help="answer with JSON instead of event streams")
    parser.add_argument("--stateless", action="store_true", help="no sessions")
    options = parser.parse_args()
    server = make(options.name)
    if options.transport == "stdio":
        server.run("stdio", show_banner=False)
        return
    if options.transport == "sse":
        app = server.http_app(path="/sse", transport="sse")
    else:
        app = server.http_app(
            path="/mcp", json_response=options.json_response, stateless_http=options.stateless
        )
    anyio.run(serve, app, options.port)


if __name__ == "__main__":
    main()
