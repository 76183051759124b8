"""A server made with the official Python SDK, 1.x or 2.x, with the tools of the reference server.

Over stdio, SSE or Streamable HTTP. Over HTTP it prints one line, {"port": …}, once it listens.
"""

import argparse
import base64
import os
import time
from importlib.metadata import version

import anyio
from pydantic import BaseModel

from serving import serve

IS_SDK2 = version("mcp").startswith("2.")
if IS_SDK2:
    import mcp_types as types
    from mcp.server.mcpserver import Context, MCPServer as Server
    from mcp.server.mcpserver.exceptions import ToolError
else:
    from mcp import types
    from mcp.server.fastmcp import Context, FastMCP as Server
    from mcp.server.fastmcp.exceptions import ToolError

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
SILENCE = base64.b64encode(b"RIFF$\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0@\x1f\0\0\x80>\0\0\2\0\x10\0data\0\0\0\0").decode()

# The models' arguments have snake-case names in 2.x and accept the names of the protocol in both.
mime = {"mime_type" if IS_SDK2 else "mimeType": "text/plain"}


class Weather(BaseModel):
    city: str
    celsius: float
    tags: list[str]


def make(name: str) -> Server:
    server = Server(name, log_level="WARNING")

    @server.tool(structured_output=False)
    async def echo(message: str) -> str:
        return message

    @server.tool(structured_output=False)
    async def delay(ms: int) -> str:
        await anyio.sleep(ms / 1000)
        return f"waited {ms} ms"

    @server.tool(structured_output=False)
    async def progress(steps: int, delayMs: int, ctx: Context) -> str:
        for step in range(1, steps + 1):
            await anyio.sleep(delayMs / 1000)
            await ctx.report_progress(step, steps, f"step {step} of {steps}")
        return f"{steps} steps"

    @server.tool(structured_output=False)
    async def log(count: int, ctx: Context) -> str:
        for number in range(count):
            await ctx.info(f"line {number}")
        return f"{count} lines"

    @server.tool(structured_output=False)
    async def fail(message: str) -> str:
        raise ToolError(message)  # The message of any other error is hidden by 2.x.

    @server.tool(structured_output=False)
    async def large(bytes: int) -> str:
        return "x" * bytes

    @server.tool(structured_output=False)
    async def crash() -> str:
        os._exit(1)

    @server.tool(structured_output=False)
    async def hang() -> str:
        time.sleep(3600)  # Not even other requests are answered meanwhile.
        return "late"

    @server.tool(structured_output=False)
    async def text() -> str:
        return "text"

    def media(kind: type, data: str, mime_type: str):
        return kind(type=kind.__name__.removesuffix("Content").lower(), data=data, **dict.fromkeys(mime, mime_type))

    @server.tool(structured_output=False)
    async def image() -> list:
        return [media(types.ImageContent, PIXEL, "image/png")]

    @server.tool(structured_output=False)
    async def audio() -> list:
        return [media(types.AudioContent, SILENCE, "audio/wav")]

    @server.tool(structured_output=False)
    async def embedded_resource() -> list:
        resource = types.TextResourceContents(uri="note://one", text="first note", **mime)
        return [types.EmbeddedResource(type="resource", resource=resource)]

    @server.tool(structured_output=False)
    async def resource_link() -> list:
        return [types.ResourceLink(type="resource_link", uri="note://one", name="one", **mime)]

    @server.tool()
    async def structured(city: str) -> Weather:
        return Weather(city=city, celsius=7.5, tags=["cloudy"])

    @server.resource("note://one", name="one", mime_type="text/plain")
    async def one() -> str:
        return "first note"

    @server.prompt()
    async def greet(name: str) -> str:
        return f"Say hello to {name}."

    return server


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--transport", choices=["stdio", "http", "sse"], default="http")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--name", default="sdk-server")
    parser.add_argument("--json-response", action="store_true", help="answer with JSON instead of event streams")
    parser.add_argument("--stateless", action="store_true", help="no sessions")
    options = parser.parse_args()
    server = make(options.name)
    if options.transport == "stdio":
        server.run("stdio")
        return
    if options.transport == "sse":
        app = server.sse_app()
    elif IS_SDK2:
        app = server.streamable_http_app(json_response=options.json_response, stateless_http=options.stateless)
    else:
        server.settings.json_response = options.json_response
        server.settings.stateless_http = options.stateless
        app = server.streamable_http_app()
    anyio.run(serve, app, options.port)


if __name__ == "__main__":
    main()
