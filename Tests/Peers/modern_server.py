"""A server made with the official Python SDK 2.x that uses what 2026-07-28 has: questions in results, subscriptions, headers.

Over stdio or Streamable HTTP. Over HTTP it prints one line, {"port": …}, once it listens.
"""

import argparse
import asyncio
from typing import Annotated

import anyio
import mcp_types as types
from mcp.server.mcpserver import Context, MCPServer
from pydantic import Field

from serving import serve

NAME_FORM = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}


def form(message: str) -> types.ElicitRequest:
    params = types.ElicitRequestFormParams(message=message, requested_schema=NAME_FORM)
    return types.ElicitRequest(params=params)


def answer_of(ctx: Context, key: str) -> dict | None:
    answer = (ctx.input_responses or {}).get(key)
    return answer if answer is None or isinstance(answer, dict) else answer.model_dump(by_alias=True)


def make(name: str) -> MCPServer:
    server = MCPServer(name, log_level="ERROR", instructions="Modern.")
    visits: dict[str, int] = {}
    cancelled: list[str] = []

    @server.tool(structured_output=False)
    async def echo(message: str) -> str:
        return message

    @server.tool(structured_output=False)
    async def large(bytes: int) -> str:
        return "x" * bytes

    @server.tool(structured_output=False)
    async def progress(steps: int, ctx: Context) -> str:
        for step in range(1, steps + 1):
            await ctx.report_progress(step, steps, f"step {step}")
        return f"{steps} steps"

    @server.tool(structured_output=False)
    async def log(level: str, ctx: Context) -> str:
        await ctx.log(level, "a line")
        return "logged"

    @server.tool(structured_output=False)
    async def greet(ctx: Context) -> str | types.InputRequiredResult:
        answer = answer_of(ctx, "user_name")
        if answer is None:
            await ctx.report_progress(1, 2)
            return types.InputRequiredResult(input_requests={"user_name": form("Who are you?")})
        await ctx.report_progress(2, 2)
        return f"{answer['action']}: {(answer.get('content') or {}).get('name')}"

    @server.tool(structured_output=False)
    async def two_rounds(ctx: Context) -> str | types.InputRequiredResult:
        if ctx.request_state is None:
            return types.InputRequiredResult(input_requests={"first": form("First?")}, request_state="one")
        if ctx.request_state == "one":
            name = answer_of(ctx, "first")["content"]["name"]
            return types.InputRequiredResult(input_requests={"second": form("Second?")}, request_state=f"two {name}")
        return f"{ctx.request_state.removeprefix('two ')} and {answer_of(ctx, 'second')['content']['name']}"

    @server.tool(structured_output=False)
    async def several(ctx: Context) -> str | types.InputRequiredResult:
        if ctx.input_responses is None:
            sampling = types.CreateMessageRequestParams(
                messages=[types.SamplingMessage(role="user", content=types.TextContent(type="text", text="Hello?"))],
                max_tokens=10,
            )
            requests = {
                "name": form("Who?"),
                "text": types.CreateMessageRequest(params=sampling),
                "roots": types.ListRootsRequest(),
            }
            return types.InputRequiredResult(input_requests=requests, request_state="s")
        roots = answer_of(ctx, "roots")["roots"]
        return f"{answer_of(ctx, 'name')['content']['name']} {answer_of(ctx, 'text')['content']['text']} {len(roots)}"

    @server.tool(structured_output=False)
    async def visit(key: str, ctx: Context) -> str | types.InputRequiredResult:
        """Done two rounds after the user has agreed to open the URL."""
        visits[key] = visits.get(key, 0) + 1
        if visits[key] > 3:
            return f"visited {key}"
        params = types.ElicitRequestURLParams(message="Sign in", url=f"https://example.com/{key}")
        return types.InputRequiredResult(input_requests={"url": types.ElicitRequest(params=params)})

    @server.tool(structured_output=False)
    async def patience(ctx: Context) -> str | types.InputRequiredResult:
        count = int(ctx.request_state or "0")
        return f"after {count}" if count == 3 else types.InputRequiredResult(request_state=str(count + 1))

    @server.tool(structured_output=False)
    async def header(
        region: Annotated[str, Field(json_schema_extra={"x-mcp-header": "Region"})], ctx: Context, count: int = 0
    ) -> str:
        headers = ctx.headers or {}
        return f"{region}: {headers.get('mcp-param-region')}, {headers.get('mcp-name')}, {headers.get('mcp-method')}"

    @server.tool(structured_output=False)
    async def who(ctx: Context) -> str:
        capabilities = ctx.client_capabilities
        return ",".join(sorted(capabilities.model_dump(exclude_none=True))) if capabilities else ""

    @server.tool(structured_output=False)
    async def hang(key: str) -> str:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            cancelled.append(key)
            raise
        return "late"

    @server.tool(structured_output=False)
    async def was_cancelled(key: str) -> str:
        for _ in range(500):
            if key in cancelled:
                return "cancelled"
            await asyncio.sleep(0.01)
        return "running"

    @server.tool(structured_output=False)
    async def change_tools(name: str, ctx: Context) -> str:
        async def added() -> str:
            return name

        server.add_tool(added, name=name, structured_output=False)
        await ctx.notify_tools_changed()
        return "changed"

    @server.tool(structured_output=False)
    async def update(uri: str, ctx: Context) -> str:
        await ctx.notify_resource_updated(uri)
        return "updated"

    @server.resource("note://one", name="one", mime_type="text/plain")
    async def one() -> str:
        return "first note"

    @server.resource("note://two", name="two", mime_type="text/plain")
    async def two() -> str:
        return "second note"

    @server.prompt()
    async def hello(name: str) -> str:
        return f"Say hello to {name}."

    return server


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--transport", choices=["stdio", "http"], default="http")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--json-response", action="store_true", help="answer with JSON instead of event streams")
    options = parser.parse_args()
    server = make("modern-server")
    if options.transport == "stdio":
        return server.run("stdio")
    anyio.run(serve, server.streamable_http_app(json_response=options.json_response), options.port)


if __name__ == "__main__":
    main()
