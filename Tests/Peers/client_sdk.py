"""A client made with the official Python SDK: 1.x, or 2.x in any of its modes. See scenarios.py for its arguments."""

import contextlib
from importlib.metadata import version
from typing import Any

import anyio
import mcp
from mcp import ClientSession, StdioServerParameters
from mcp.client.sse import sse_client
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client

from scenarios import OnProgress, Refused, Target, main

SDK = version("mcp")
IS_SDK2 = SDK.startswith("2.")
ProtocolError = mcp.MCPError if IS_SDK2 else mcp.McpError


def wire(value: Any) -> dict[str, Any]:
    return value.model_dump(by_alias=True, mode="json", exclude_none=True)


class SDKConnection:
    def __init__(self, session: Any, facts: dict[str, Any], capabilities: dict[str, Any]):
        self.session = session  # A ClientSession of 1.x or a Client of 2.x: both have the methods used here.
        self._facts = facts
        self.capabilities = capabilities

    def facts(self) -> dict[str, Any]:
        return self._facts

    async def _all(self, method: str, key: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        cursor = None
        while True:
            if IS_SDK2:
                page = wire(await getattr(self.session, method)(cursor=cursor))
            else:
                params = mcp.types.PaginatedRequestParams(cursor=cursor) if cursor else None
                page = wire(await getattr(self.session, method)(params=params))
            found += page[key]
            cursor = page.get("nextCursor")
            if cursor is None:
                return found

    async def tools(self) -> list[dict[str, Any]]:
        return await self._all("list_tools", "tools")

    async def resources(self) -> list[dict[str, Any]]:
        return await self._all("list_resources", "resources") if "resources" in self.capabilities else []

    async def prompts(self) -> list[dict[str, Any]]:
        return await self._all("list_prompts", "prompts") if "prompts" in self.capabilities else []

    async def call(
        self, name: str, arguments: dict[str, Any], on_progress: OnProgress | None = None
    ) -> dict[str, Any]:
        try:
            return wire(await self.session.call_tool(name, arguments, progress_callback=on_progress))
        except ProtocolError as error:
            raise Refused(error.error.code, error.error.message) from error

    async def call_then_cancel(
        self, name: str, arguments: dict[str, Any], is_time: anyio.Event, on_progress: OnProgress
    ) -> None:
        # SDK 1.x tells nobody that a task was cancelled; 2.x does, in the way of the era it speaks.
        request_id = None if IS_SDK2 else self.session._request_id
        async with anyio.create_task_group() as group:
            group.start_soon(self.call, name, arguments, on_progress)
            await is_time.wait()
            if request_id is not None:
                await self.session.send_notification(
                    mcp.types.ClientNotification(
                        mcp.types.CancelledNotification(
                            params=mcp.types.CancelledNotificationParams(requestId=request_id, reason="enough")
                        )
                    )
                )
            group.cancel_scope.cancel()


@contextlib.asynccontextmanager
async def connect_sdk1(target: Target):
    import httpx

    async with contextlib.AsyncExitStack() as stack:
        if target.command:
            streams = stdio_client(StdioServerParameters(command=target.command[0], args=target.command[1:]))
        elif target.transport == "sse":
            streams = sse_client(target.url, headers=target.headers)
        else:
            client = await stack.enter_async_context(
                httpx.AsyncClient(headers=target.headers, timeout=httpx.Timeout(30, read=300))
            )
            streams = streamable_http_client(target.url, http_client=client)
        read, write, *_ = await stack.enter_async_context(streams)
        session = await stack.enter_async_context(ClientSession(read, write))
        initialized = await session.initialize()
        facts = {"sdk": SDK, "revision": initialized.protocolVersion, "server": initialized.serverInfo.name}
        yield SDKConnection(session, facts, wire(initialized.capabilities))


@contextlib.asynccontextmanager
async def connect_sdk2(target: Target):
    import httpx2

    async with contextlib.AsyncExitStack() as stack:
        if target.command:
            server = stdio_client(StdioServerParameters(command=target.command[0], args=target.command[1:]))
        elif target.transport == "sse":
            server = sse_client(target.url, headers=target.headers)
        else:
            http = await stack.enter_async_context(
                httpx2.AsyncClient(headers=target.headers, timeout=httpx2.Timeout(30, read=300))
            )
            # This SDK drops events of more than 1 MiB unless told otherwise.
            server = streamable_http_client(target.url, http_client=http, max_sse_event_size=None)
        client = await stack.enter_async_context(mcp.Client(server, mode=target.mode))
        facts = {"sdk": SDK, "revision": client.protocol_version}
        if client.server_info is not None:
            facts["server"] = client.server_info.name
        yield SDKConnection(client, facts, wire(client.server_capabilities))


if __name__ == "__main__":
    main(connect_sdk2 if IS_SDK2 else connect_sdk1)
