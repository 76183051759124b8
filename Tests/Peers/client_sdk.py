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

from host import Host
from listening import LISTS, Listening
from scenarios import OnProgress, Refused, Target, main, require

SDK = version("mcp")
IS_SDK2 = SDK.startswith("2.")
ProtocolError = mcp.MCPError if IS_SDK2 else mcp.McpError
types = mcp.types
MODERN = "2026-07-28"
LOG_LEVEL = "io.modelcontextprotocol/logLevel"


def wire(value: Any) -> dict[str, Any]:
    return value.model_dump(by_alias=True, mode="json", exclude_none=True)


@contextlib.contextmanager
def refusals():
    """Turns the SDK's error for JSON-RPC errors into the scenarios'."""
    try:
        yield
    except ProtocolError as error:
        raise Refused(error.error.code, error.error.message) from error


def callbacks(host: Host | None) -> dict[str, Any]:
    """The host, as the parameters of a session. Without one the client cannot be asked, and hears nothing."""
    if host is None:
        return {}

    async def sample(context: Any, params: Any) -> Any:
        return types.CreateMessageResult.model_validate(await host.sample(wire(params)))

    async def elicit(context: Any, params: Any) -> Any:
        return types.ElicitResult.model_validate(await host.elicit(wire(params)))

    async def list_roots(context: Any) -> Any:
        return types.ListRootsResult.model_validate({"roots": await host.list_roots()})

    async def hear(message: Any) -> None:
        # 1.x wraps notifications, and passes requests here, too, which the other callbacks answer.
        notification = getattr(message, "root", message)
        if isinstance(notification, Exception):
            host.troubles.append(str(notification))
        elif hasattr(notification, "method"):
            host.noticed(wire(notification))

    listening = {"message_handler": hear, "client_info": types.Implementation(name=host.name, version="1.0.0")}
    asking = {"sampling_callback": sample, "elicitation_callback": elicit, "list_roots_callback": list_roots}
    return listening | asking if host.can_be_asked else listening


class SDKConnection:
    def __init__(
        self, session: Any, facts: dict[str, Any], capabilities: dict[str, Any], listening: Listening | None = None
    ):
        self.session = session  # A ClientSession of 1.x or a Client of 2.x: both have the methods used here.
        self._facts = facts
        self.capabilities = capabilities
        self.is_modern = facts["revision"] == MODERN
        self.listening = listening
        self.level: str | None = None

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
        meta = {} if self.level is None else {"meta": {LOG_LEVEL: self.level}}
        with refusals():
            return wire(await self.session.call_tool(name, arguments, progress_callback=on_progress, **meta))

    async def templates(self) -> list[dict[str, Any]]:
        return await self._all("list_resource_templates", "resourceTemplates")

    async def read(self, uri: str) -> list[dict[str, Any]]:
        with refusals():
            return wire(await self.session.read_resource(uri))["contents"]

    async def prompt(self, name: str, arguments: dict[str, str]) -> list[dict[str, Any]]:
        with refusals():
            return wire(await self.session.get_prompt(name, arguments))["messages"]

    async def complete(
        self, ref: dict[str, str], argument: str, value: str, known: dict[str, str] | None = None
    ) -> dict[str, Any]:
        kind = types.PromptReference if ref["type"] == "ref/prompt" else types.ResourceTemplateReference
        with refusals():
            result = await self.session.complete(
                kind.model_validate(ref), {"name": argument, "value": value}, context_arguments=known
            )
        return wire(result)["completion"]

    async def subscribe(self, uri: str) -> None:
        with refusals():
            if self.is_modern:
                honored = await self.listening.begin(uri, resource_subscriptions=[uri])
                require(honored.resource_subscriptions == [uri], f"not the subscription to {uri}: {honored}")
            else:
                await self.session.subscribe_resource(uri)

    async def unsubscribe(self, uri: str) -> None:
        with refusals():
            if self.is_modern:
                await self.listening.end(uri)
            else:
                await self.session.unsubscribe_resource(uri)

    async def watch_lists(self) -> None:
        if self.is_modern:
            honored = await self.listening.begin("lists", **LISTS)
            require(all(getattr(honored, name) for name in LISTS), f"not all lists: {honored}")

    async def set_level(self, level: str) -> None:
        if self.is_modern:
            self.level = level
            return
        with refusals():
            await self.session.set_logging_level(level)

    async def ping(self) -> None:
        await self.session.send_ping()

    async def roots_changed(self) -> None:
        await self.session.send_roots_list_changed()

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
        elif target.is_sse:
            streams = sse_client(target.url, headers=target.headers)
        else:
            client = await stack.enter_async_context(
                httpx.AsyncClient(headers=target.headers, timeout=httpx.Timeout(30, read=300))
            )
            streams = streamable_http_client(target.url, http_client=client)
        read, write, *_ = await stack.enter_async_context(streams)
        session = await stack.enter_async_context(ClientSession(read, write, **callbacks(target.host)))
        initialized = await session.initialize()
        facts = {"sdk": SDK, "revision": initialized.protocolVersion, "server": initialized.serverInfo.name}
        yield SDKConnection(session, facts, wire(initialized.capabilities))


@contextlib.asynccontextmanager
async def connect_sdk2(target: Target):
    import httpx2

    async with contextlib.AsyncExitStack() as stack:
        if target.command:
            server = stdio_client(StdioServerParameters(command=target.command[0], args=target.command[1:]))
        elif target.is_sse:
            server = sse_client(target.url, headers=target.headers)
        else:
            http = await stack.enter_async_context(
                httpx2.AsyncClient(headers=target.headers, timeout=httpx2.Timeout(30, read=300))
            )
            # This SDK drops events of more than 1 MiB unless told otherwise.
            server = streamable_http_client(target.url, http_client=http, max_sse_event_size=None)
        client = await stack.enter_async_context(mcp.Client(server, mode=target.mode, **callbacks(target.host)))
        facts = {"sdk": SDK, "revision": client.protocol_version}
        if client.server_info is not None:
            facts["server"] = client.server_info.name
        listening = await stack.enter_async_context(Listening(client.listen))
        yield SDKConnection(client, facts, wire(client.server_capabilities), listening)


if __name__ == "__main__":
    main(connect_sdk2 if IS_SDK2 else connect_sdk1)
