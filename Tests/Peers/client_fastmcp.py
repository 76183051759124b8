"""A client made with FastMCP, on SDK 1.x or 2.x. See scenarios.py for its arguments."""

import contextlib
from importlib.metadata import version
from typing import Any

import anyio
import mcp
from fastmcp import Client
from fastmcp.client.transports import SSETransport, StdioTransport, StreamableHttpTransport

from scenarios import OnProgress, Refused, Target, main

FASTMCP = version("fastmcp")
IS_SDK2 = version("mcp").startswith("2.")
ProtocolError = mcp.MCPError if IS_SDK2 else mcp.McpError


def wire(value: Any) -> dict[str, Any]:
    return value.model_dump(by_alias=True, mode="json", exclude_none=True)


class FastMCPConnection:
    def __init__(self, client: Client, facts: dict[str, Any], capabilities: dict[str, Any]):
        self.client = client
        self._facts = facts
        self.capabilities = capabilities

    def facts(self) -> dict[str, Any]:
        return self._facts

    async def tools(self) -> list[dict[str, Any]]:
        return [wire(tool) for tool in await self.client.list_tools()]

    async def resources(self) -> list[dict[str, Any]]:
        if "resources" not in self.capabilities:
            return []
        return [wire(resource) for resource in await self.client.list_resources()]

    async def prompts(self) -> list[dict[str, Any]]:
        if "prompts" not in self.capabilities:
            return []
        return [wire(prompt) for prompt in await self.client.list_prompts()]

    async def call(
        self, name: str, arguments: dict[str, Any], on_progress: OnProgress | None = None
    ) -> dict[str, Any]:
        try:
            return wire(await self.client.call_tool_mcp(name, arguments, progress_handler=on_progress))
        except ProtocolError as error:
            raise Refused(error.error.code, error.error.message) from error

    async def call_then_cancel(
        self, name: str, arguments: dict[str, Any], is_time: anyio.Event, on_progress: OnProgress
    ) -> None:
        # On SDK 1.x nobody is told that a task was cancelled; on 2.x the SDK does it.
        request_id = None if IS_SDK2 else self.client.session._request_id
        async with anyio.create_task_group() as group:
            group.start_soon(self.call, name, arguments, on_progress)
            await is_time.wait()
            if request_id is not None:
                await self.client.cancel(request_id, "enough")
            group.cancel_scope.cancel()


@contextlib.asynccontextmanager
async def connect(target: Target):
    if target.command:
        transport = StdioTransport(target.command[0], target.command[1:], keep_alive=False)
    elif target.transport == "sse":
        transport = SSETransport(target.url, headers=target.headers)
    else:
        transport = StreamableHttpTransport(target.url, headers=target.headers)
    options = {"mode": target.mode} if IS_SDK2 else {}
    async with Client(transport, **options) as client:
        facts: dict[str, Any] = {"fastmcp": FASTMCP, "sdk": version("mcp")}
        if IS_SDK2:
            facts["revision"] = client.protocol_version
            capabilities = wire(client.server_capabilities)
            server = client.server_info
        else:
            facts["revision"] = client.initialize_result.protocolVersion
            capabilities = wire(client.initialize_result.capabilities)
            server = client.initialize_result.serverInfo
        if server is not None:
            facts["server"] = server.name
        yield FastMCPConnection(client, facts, capabilities)


if __name__ == "__main__":
    main(connect)
