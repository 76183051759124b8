"""A client made with FastMCP, on SDK 1.x or 2.x. See scenarios.py for its arguments."""

import contextlib
import functools
from importlib.metadata import version
from typing import Any

import anyio
from fastmcp import Client
from fastmcp.client.elicitation import ElicitResult
from fastmcp.client.transports import SSETransport, StdioTransport, StreamableHttpTransport

from client_sdk import LOG_LEVEL, MODERN, callbacks, refusals, types
from host import Host
from listening import LISTS, Listening
from scenarios import OnProgress, Target, main, require

FASTMCP = version("fastmcp")
IS_SDK2 = version("mcp").startswith("2.")


def wire(value: Any) -> dict[str, Any]:
    return value.model_dump(by_alias=True, mode="json", exclude_none=True)


class FastMCPConnection:
    def __init__(
        self, client: Client, facts: dict[str, Any], capabilities: dict[str, Any], listening: Listening | None = None
    ):
        self.client = client
        self._facts = facts
        self.capabilities = capabilities
        self.is_modern = facts["revision"] == MODERN
        self.listening = listening
        self.level: str | None = None

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
        meta = None if self.level is None else {LOG_LEVEL: self.level}
        with refusals():
            return wire(await self.client.call_tool_mcp(name, arguments, progress_handler=on_progress, meta=meta))

    async def templates(self) -> list[dict[str, Any]]:
        return [wire(template) for template in await self.client.list_resource_templates()]

    async def read(self, uri: str) -> list[dict[str, Any]]:
        with refusals():
            return wire(await self.client.read_resource_mcp(uri))["contents"]

    async def prompt(self, name: str, arguments: dict[str, str]) -> list[dict[str, Any]]:
        with refusals():
            return wire(await self.client.get_prompt_mcp(name, arguments))["messages"]

    async def complete(
        self, ref: dict[str, str], argument: str, value: str, known: dict[str, str] | None = None
    ) -> dict[str, Any]:
        kind = types.PromptReference if ref["type"] == "ref/prompt" else types.ResourceTemplateReference
        with refusals():
            result = await self.client.complete_mcp(
                kind.model_validate(ref), {"name": argument, "value": value}, context_arguments=known
            )
        return wire(result)["completion"]

    # FastMCP itself offers no subscriptions of either era; the session below it does.

    async def subscribe(self, uri: str) -> None:
        with refusals():
            if self.is_modern:
                honored = await self.listening.begin(uri, resource_subscriptions=[uri])
                require(honored.resource_subscriptions == [uri], f"not the subscription to {uri}: {honored}")
            else:
                await self.client.session.subscribe_resource(uri)

    async def unsubscribe(self, uri: str) -> None:
        with refusals():
            if self.is_modern:
                await self.listening.end(uri)
            else:
                await self.client.session.unsubscribe_resource(uri)

    async def watch_lists(self) -> None:
        if self.is_modern:
            honored = await self.listening.begin("lists", **LISTS)
            require(all(getattr(honored, name) for name in LISTS), f"not all lists: {honored}")

    async def set_level(self, level: str) -> None:
        if self.is_modern:
            self.level = level
            return
        with refusals():
            await self.client.set_logging_level(level)

    async def ping(self) -> None:
        await self.client.ping()

    async def roots_changed(self) -> None:
        await self.client.send_roots_list_changed()

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


def handlers(host: Host | None) -> dict[str, Any]:
    """The host, as parameters of a FastMCP client."""
    if host is None:
        return {}

    async def sample(messages: Any, params: Any, context: Any) -> Any:
        return types.CreateMessageResult.model_validate(await host.sample(wire(params)))

    async def elicit(message: str, response_type: Any, params: Any, context: Any) -> Any:
        answer = await host.elicit(wire(params))
        return ElicitResult(action=answer["action"], content=answer.get("content"))

    async def list_roots(context: Any) -> Any:
        return [types.Root.model_validate(root) for root in await host.list_roots()]

    listening = {name: value for name, value in callbacks(host).items() if name in ("message_handler", "client_info")}
    asking = {"sampling_handler": sample, "elicitation_handler": elicit, "roots": list_roots}
    return listening | asking if host.can_be_asked else listening


@contextlib.asynccontextmanager
async def connect(target: Target):
    if target.command:
        transport = StdioTransport(target.command[0], target.command[1:], keep_alive=False)
    elif target.is_sse:
        transport = SSETransport(target.url, headers=target.headers)
    else:
        transport = StreamableHttpTransport(target.url, headers=target.headers)
    options = {"mode": target.mode} if IS_SDK2 else {}
    async with Client(transport, **options, **handlers(target.host)) as client:
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
        async with contextlib.AsyncExitStack() as stack:
            listening = None
            if IS_SDK2:
                from mcp.client.subscriptions import listen

                listening = await stack.enter_async_context(Listening(functools.partial(listen, client.session)))
            yield FastMCPConnection(client, facts, capabilities, listening)


if __name__ == "__main__":
    main(connect)
