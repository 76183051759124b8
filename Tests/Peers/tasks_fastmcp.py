"""A server made with FastMCP on SDK 2.x that runs calls as tasks of the extension io.modelcontextprotocol/tasks.

Over Streamable HTTP. It prints one line, {"port": …}, once it listens.
"""

import argparse
import asyncio
from datetime import timedelta

import anyio
from fastmcp import Context, FastMCP
from fastmcp.utilities.tasks import TaskConfig
from fastmcp_tasks import TasksExtension
from mcp_types import ElicitRequest, ElicitRequestFormParams, InputRequiredResult

import fixtures
from serving import serve


def make(name: str) -> FastMCP:
    server = FastMCP(name, version="1.0.0")
    server.add_extension(TasksExtension())
    stopped: list[str] = []
    often = timedelta(milliseconds=100)
    required = {"output_schema": None, "task": TaskConfig(mode="required", poll_interval=often)}

    @server.tool(output_schema=None, task=TaskConfig(mode="optional", poll_interval=often))
    async def may_be_task(tag: str, ms: int, ctx: Context) -> str:
        try:
            await asyncio.sleep(ms / 1000)
        except asyncio.CancelledError:
            stopped.append(tag)
            raise
        return f"{tag}: {'a task' if ctx.is_background_task else 'no task'}"

    @server.tool(**required)
    async def must_be_task(tag: str, ctx: Context) -> str:
        return f"{tag}: {'a task' if ctx.is_background_task else 'no task'}"

    @server.tool(**required)
    async def asks(tag: str, ctx: Context) -> str | InputRequiredResult:
        if ctx.input_responses is None:
            params = ElicitRequestFormParams(message=f"Who, {tag}?", requested_schema=fixtures.NAME_FORM)
            return InputRequiredResult(input_requests={"name": ElicitRequest(params=params)})
        return f"{tag}: {ctx.input_responses['name'].content['name']}"

    @server.tool(**required)
    async def fails(tag: str) -> str:
        raise ValueError(f"no luck with {tag}")

    @server.tool(name="stopped", output_schema=None)
    async def tell_stopped() -> str:
        return ",".join(stopped)

    return server


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    anyio.run(serve, make("tasks-fastmcp").http_app(path="/mcp"), options.port)


if __name__ == "__main__":
    main()
