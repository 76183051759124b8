"""A server made with the low-level class of the official SDK 1.x that uses everything a legacy server can.

Over stdio, HTTP+SSE or Streamable HTTP. Over HTTP it prints one line, {"port": …}, once it listens.
"""

import argparse
import base64
import contextlib
import json
from collections import Counter
from typing import Any

import anyio
import mcp.server.session
from mcp import McpError, types
from mcp.server.lowlevel import NotificationOptions, Server
from mcp.server.lowlevel.helper_types import ReadResourceContents
from mcp.server.models import InitializationOptions
from mcp.server.sse import SseServerTransport
from mcp.server.stdio import stdio_server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Mount, Route

import fixtures
from serving import serve


class Everything:
    """The server, and what it remembers of its clients."""

    def __init__(self, name: str, page_size: int):
        self.server = Server(name, version="1.0.0", instructions="Everything.")
        self.page_size = page_size
        self.levels: dict[Any, str] = {}  # By session.
        self.subscriptions: dict[str, list[Any]] = {}
        self.updates: Counter[str] = Counter()
        self.statistics: Counter[str] = Counter()
        self.changing: set[str] = set()  # "tools", "resources", "prompts"
        self.tools = fixtures.tools(self)
        self.register()

    @property
    def context(self) -> Any:
        return self.server.request_context

    @property
    def session(self) -> Any:
        return self.context.session

    # Lists

    def listed_tools(self) -> list[types.Tool]:
        tools = [types.Tool(name=name, inputSchema=schema) for name, (schema, _) in self.tools.items()]
        return tools + [types.Tool(name="changing", inputSchema=fixtures.schema())] * ("tools" in self.changing)

    def listed_resources(self) -> list[types.Resource]:
        kinds = {
            fixtures.STATIC_TEXT: "text/plain",
            fixtures.STATIC_BINARY: "image/png",
            fixtures.WATCHED: "text/plain",
        }
        if "resources" in self.changing:
            kinds[fixtures.CHANGING] = "text/plain"
        return [types.Resource(uri=uri, name=uri.split("/")[-1], mimeType=kind) for uri, kind in kinds.items()]

    def listed_prompts(self) -> list[types.Prompt]:
        def arguments(*names: str) -> list[types.PromptArgument]:
            return [types.PromptArgument(name=name, required=True) for name in names]

        prompts = [
            types.Prompt(name="test_simple_prompt"),
            types.Prompt(name="test_prompt_with_arguments", arguments=arguments("arg1", "arg2")),
            types.Prompt(name="test_prompt_with_embedded_resource", arguments=arguments("resourceUri")),
        ]
        return prompts + [types.Prompt(name="changing_prompt")] * ("prompts" in self.changing)

    def register(self) -> None:
        server = self.server

        @server.list_tools()
        async def list_tools(request: types.ListToolsRequest) -> types.ListToolsResult:
            # The SDK asks, too, with no request at all, for a tool it has not seen yet, and reads one page only.
            if request is None:
                return types.ListToolsResult(tools=self.listed_tools())
            tools, cursor = fixtures.page(self.listed_tools(), request.params, self.page_size)
            return types.ListToolsResult(tools=tools, nextCursor=cursor)

        @server.call_tool()
        async def call_tool(name: str, arguments: dict[str, Any]) -> list[types.TextContent]:
            if name == "changing" and "tools" in self.changing:
                text = "here"
            elif name in self.tools:
                try:
                    text = await self.tools[name][1](**arguments)
                except anyio.get_cancelled_exc_class():
                    self.statistics["notifications/cancelled"] += 1
                    raise
            else:
                raise ValueError(f"no tool {name}")
            return [types.TextContent(type="text", text=text)]

        @server.list_resources()
        async def list_resources(request: types.ListResourcesRequest) -> types.ListResourcesResult:
            resources, cursor = fixtures.page(self.listed_resources(), request.params, self.page_size)
            return types.ListResourcesResult(resources=resources, nextCursor=cursor)

        @server.list_resource_templates()
        async def list_templates() -> list[types.ResourceTemplate]:
            return [types.ResourceTemplate(uriTemplate=fixtures.TEMPLATE, name="template", mimeType="application/json")]

        @server.read_resource()
        async def read_resource(uri: Any) -> list[ReadResourceContents]:
            return [self.read(str(uri))]

        @server.subscribe_resource()
        async def subscribe(uri: Any) -> None:
            self.read(str(uri))
            self.subscriptions.setdefault(str(uri), []).append(self.session)

        @server.unsubscribe_resource()
        async def unsubscribe(uri: Any) -> None:
            self.subscriptions.get(str(uri), []).remove(self.session)

        @server.list_prompts()
        async def list_prompts(request: types.ListPromptsRequest) -> types.ListPromptsResult:
            prompts, cursor = fixtures.page(self.listed_prompts(), request.params, self.page_size)
            return types.ListPromptsResult(prompts=prompts, nextCursor=cursor)

        @server.get_prompt()
        async def get_prompt(name: str, arguments: dict[str, str] | None) -> types.GetPromptResult:
            return types.GetPromptResult(messages=self.prompt(name, arguments or {}))

        @server.completion()
        async def complete(ref: Any, argument: Any, context: Any) -> types.Completion:
            if isinstance(ref, types.PromptReference):
                self.prompt_named(ref.name)
                known = (context.arguments or {}) if context else {}
                values = fixtures.argument_values(argument.name, argument.value, known)
            else:
                values = fixtures.template_ids(argument.value)
            return types.Completion(values=values[:100], total=len(values), hasMore=len(values) > 100)

        @server.set_logging_level()
        async def set_level(level: str) -> None:
            self.levels[self.session] = level

        async def roots_changed(notification: types.RootsListChangedNotification) -> None:
            self.statistics["notifications/roots/list_changed"] += 1

        server.notification_handlers[types.RootsListChangedNotification] = roots_changed

    # Resources and prompts

    def read(self, uri: str) -> ReadResourceContents:
        before, after = fixtures.TEMPLATE.split("{id}")
        if uri == fixtures.STATIC_TEXT:
            return ReadResourceContents(fixtures.TEXT, "text/plain")
        if uri == fixtures.STATIC_BINARY:
            return ReadResourceContents(base64.b64decode(fixtures.PIXEL), "image/png")
        if uri == fixtures.WATCHED:
            return ReadResourceContents(fixtures.updates_text(self.updates[uri]), "text/plain")
        if uri == fixtures.CHANGING and "resources" in self.changing:
            return ReadResourceContents("here", "text/plain")
        if uri.startswith(before) and uri.endswith(after):
            id = uri.removeprefix(before).removesuffix(after)
            return ReadResourceContents(fixtures.template_data(id), "application/json")
        raise McpError(types.ErrorData(code=-32002, message=f"no resource {uri}"))

    def prompt_named(self, name: str) -> types.Prompt:
        for prompt in self.listed_prompts():
            if prompt.name == name:
                return prompt
        raise McpError(types.ErrorData(code=types.INVALID_PARAMS, message=f"no prompt {name}"))

    def prompt(self, name: str, arguments: dict[str, str]) -> list[types.PromptMessage]:
        for argument in self.prompt_named(name).arguments or []:
            if argument.name not in arguments:
                raise McpError(types.ErrorData(code=types.INVALID_PARAMS, message=f"{argument.name} is missing"))

        def text(text: str) -> types.TextContent:
            return types.TextContent(type="text", text=text)

        contents: list[Any]
        match name:
            case "test_simple_prompt":
                contents = [text(fixtures.SIMPLE_PROMPT)]
            case "test_prompt_with_arguments":
                contents = [text(fixtures.arguments_text(arguments["arg1"], arguments["arg2"]))]
            case "test_prompt_with_embedded_resource":
                resource = types.TextResourceContents(uri=arguments["resourceUri"], text="embedded")
                contents = [types.EmbeddedResource(type="resource", resource=resource), text("See above.")]
            case _:
                contents = [text("here")]
        return [types.PromptMessage(role="user", content=content) for content in contents]

    # Tools

    async def echo(self, message: str) -> str:
        return message

    async def progress(self, steps: int, delayMs: int) -> str:
        token = self.context.meta.progressToken if self.context.meta else None
        for step in range(1, steps + 1):
            await anyio.sleep(delayMs / 1000)
            if token is not None:
                await self.session.send_progress_notification(
                    token, step, steps, f"step {step}", related_request_id=str(self.context.request_id)
                )
        return f"{steps} steps"

    async def log(self, count: int, level: Any) -> str:
        if fixtures.LEVELS.index(level) >= fixtures.LEVELS.index(self.levels.get(self.session, "info")):
            for number in range(count):
                await self.session.send_log_message(
                    level, f"line {number}", "everything", related_request_id=self.context.request_id
                )
        return f"{count} lines"

    async def sample(self, prompt: str) -> str:
        content = types.TextContent(type="text", text=prompt)
        result = await self.session.create_message(
            [types.SamplingMessage(role="user", content=content)],
            max_tokens=100,
            related_request_id=self.context.request_id,
        )
        return f"LLM response: {result.content.text}"

    async def ask(self, message: str, form: dict[str, Any] = fixtures.NAME_FORM) -> dict[str, Any]:
        result = await self.session.elicit_form(message, form, related_request_id=self.context.request_id)
        return result.model_dump(mode="json", exclude_none=True)

    async def elicit(self, message: str) -> str:
        return f"User response: {json.dumps(await self.ask(message, fixtures.USER_FORM))}"

    async def ask_twice(self, tag: str) -> str:
        return json.dumps([await self.ask(f"{tag} 0"), await self.ask(f"{tag} 1")])

    async def ask_many(self, count: int, tag: str) -> str:
        answers: list[Any] = [None] * count

        async def ask(number: int) -> None:
            answers[number] = await self.ask(f"{tag} {number}")

        async with anyio.create_task_group() as group:
            for number in range(count):
                group.start_soon(ask, number)
        return json.dumps(answers)

    async def ask_url(self, url: str) -> str:
        id = f"visit {self.context.request_id}"
        result = await self.session.elicit_url(
            "Please visit this page.", url, id, related_request_id=self.context.request_id
        )
        return f"User response: {json.dumps(result.model_dump(mode='json', exclude_none=True))}"

    async def ask_roots(self) -> str:
        result = await self.session.list_roots()
        return json.dumps([root.model_dump(mode="json", exclude_none=True) for root in result.roots])

    async def update_resource(self, uri: str) -> str:
        self.updates[uri] += 1
        for session in self.subscriptions.get(uri, []):
            with contextlib.suppress(anyio.ClosedResourceError, anyio.BrokenResourceError):
                await session.send_resource_updated(uri)
        return f"updated {uri}"

    def toggle(self, kind: str) -> str:
        self.changing ^= {kind}
        return "added" if kind in self.changing else "removed"

    async def change_tools(self) -> str:
        outcome = self.toggle("tools")
        await self.session.send_tool_list_changed()
        return outcome

    async def change_resources(self) -> str:
        outcome = self.toggle("resources")
        await self.session.send_resource_list_changed()
        return outcome

    async def change_prompts(self) -> str:
        outcome = self.toggle("prompts")
        await self.session.send_prompt_list_changed()
        return outcome

    async def tell_statistics(self) -> str:
        return json.dumps(self.statistics)

    # Transports

    def options(self) -> InitializationOptions:
        options = self.server.create_initialization_options(NotificationOptions(True, True, True))
        # The SDK never says so itself, whatever is registered.
        options.capabilities.resources.subscribe = True
        return options

    async def run(self, streams: Any) -> None:
        await self.server.run(streams[0], streams[1], self.options())

    async def run_stdio(self) -> None:
        async with stdio_server() as streams:
            await self.run(streams)

    def sse_app(self) -> Starlette:
        transport = SseServerTransport("/messages/")

        async def open_stream(request: Any) -> Response:
            async with transport.connect_sse(request.scope, request.receive, request._send) as streams:
                await self.run(streams)
            return Response()

        return Starlette(
            routes=[Route("/sse", open_stream, methods=["GET"]), Mount("/messages/", app=transport.handle_post_message)]
        )

    def http_app(self, json_response: bool) -> Starlette:
        # The manager asks the server for its options, which then announce no changes.
        options = self.options()
        self.server.create_initialization_options = lambda: options
        manager = StreamableHTTPSessionManager(self.server, json_response=json_response)

        class Endpoint:
            async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
                await manager.handle_request(scope, receive, send)

        @contextlib.asynccontextmanager
        async def lifespan(app: Starlette):
            async with manager.run():
                yield

        return Starlette(routes=[Route("/mcp", Endpoint())], lifespan=lifespan)


def negotiate_only(revision: str) -> None:
    """Makes the SDK answer this revision, whatever is asked for."""
    mcp.server.session.SUPPORTED_PROTOCOL_VERSIONS = [revision]
    types.LATEST_PROTOCOL_VERSION = revision


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--transport", choices=["stdio", "http", "sse"], default="http")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--name", default="everything-sdk")
    parser.add_argument("--page-size", type=int, default=5)
    parser.add_argument("--json-response", action="store_true", help="answer with JSON instead of event streams")
    parser.add_argument("--revision", help="the only one to negotiate")
    options = parser.parse_args()
    if options.revision:
        negotiate_only(options.revision)
    everything = Everything(options.name, options.page_size)
    match options.transport:
        case "stdio":
            anyio.run(everything.run_stdio)
        case "sse":
            anyio.run(serve, everything.sse_app(), options.port)
        case _:
            anyio.run(serve, everything.http_app(options.json_response), options.port)


if __name__ == "__main__":
    main()
