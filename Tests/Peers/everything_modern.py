"""A server made with the low-level class of the official SDK 2.x that uses everything it offers, in either era.

Of 2026-07-28 that is questions in results, subscriptions by `subscriptions/listen`, and logs of a request's own level;
clients with a session are asked by requests. Over stdio or Streamable HTTP. Over HTTP it prints one line,
{"port": …}, once it listens.
"""

import argparse
import contextlib
import json
import warnings
from collections import Counter
from typing import Any

import anyio
import mcp_types as types
from mcp.server.lowlevel import NotificationOptions, Server
from mcp.server.models import InitializationOptions
from mcp.server.request_state import RequestStateBoundary, RequestStateSecurity
from mcp.server.stdio import stdio_server
from mcp.server.subscriptions import (
    InMemorySubscriptionBus,
    ListenHandler,
    PromptsListChanged,
    ResourcesListChanged,
    ResourceUpdated,
    ToolsListChanged,
)
from mcp.shared.exceptions import MCPDeprecationWarning, MCPError

import fixtures
from conversation import Asking, Conversation
from serving import serve


def form(message: str, requested: dict[str, Any] = fixtures.NAME_FORM) -> types.ElicitRequest:
    return types.ElicitRequest(params=types.ElicitRequestFormParams(message=message, requested_schema=requested))


def text(text: str) -> types.TextContent:
    return types.TextContent(type="text", text=text)


class Everything:
    """The server, and what it remembers."""

    def __init__(self, name: str, page_size: int):
        self.page_size = page_size
        self.bus = InMemorySubscriptionBus()
        self.levels: dict[str | None, str] = {}  # By session.
        self.subscriptions: dict[str, dict[str | None, Any]] = {}  # By URI, then by session.
        self.updates: Counter[str] = Counter()
        self.statistics: Counter[str] = Counter()
        self.changing: set[str] = set()  # "tools", "resources", "prompts"
        self.tools = fixtures.tools(self)
        with warnings.catch_warnings():
            # Of both eras on purpose.
            warnings.simplefilter("ignore", MCPDeprecationWarning)
            self.server = Server(
                name,
                version="1.0.0",
                instructions="Everything.",
                on_list_tools=self.list_tools,
                on_call_tool=self.call_tool,
                on_list_resources=self.list_resources,
                on_list_resource_templates=self.list_templates,
                on_read_resource=self.read_resource,
                on_subscribe_resource=self.subscribe,
                on_unsubscribe_resource=self.unsubscribe,
                on_subscriptions_listen=ListenHandler(self.bus),
                on_list_prompts=self.list_prompts,
                on_get_prompt=self.get_prompt,
                on_completion=self.complete,
                on_set_logging_level=self.set_level,
                on_roots_list_changed=self.roots_changed,
            )
        # What was answered in earlier rounds comes back sealed.
        self.server.middleware.append(RequestStateBoundary(RequestStateSecurity.ephemeral(), default_audience=name))

    # Lists

    async def list_tools(self, ctx: Any, params: Any) -> types.ListToolsResult:
        tools = [types.Tool(name=name, input_schema=schema) for name, (schema, _) in self.tools.items()]
        tools += [types.Tool(name="changing", input_schema=fixtures.schema())] * ("tools" in self.changing)
        tools, cursor = fixtures.page(tools, params, self.page_size)
        return types.ListToolsResult(tools=tools, next_cursor=cursor)

    async def list_resources(self, ctx: Any, params: Any) -> types.ListResourcesResult:
        kinds = {
            fixtures.STATIC_TEXT: "text/plain",
            fixtures.STATIC_BINARY: "image/png",
            fixtures.WATCHED: "text/plain",
            fixtures.ASKING: "text/plain",
        }
        if "resources" in self.changing:
            kinds[fixtures.CHANGING] = "text/plain"
        resources = [types.Resource(uri=uri, name=uri.split("/")[-1], mime_type=kind) for uri, kind in kinds.items()]
        resources, cursor = fixtures.page(resources, params, self.page_size)
        return types.ListResourcesResult(resources=resources, next_cursor=cursor)

    async def list_templates(self, ctx: Any, params: Any) -> types.ListResourceTemplatesResult:
        template = types.ResourceTemplate(
            uri_template=fixtures.TEMPLATE, name="template", mime_type="application/json"
        )
        return types.ListResourceTemplatesResult(resource_templates=[template])

    def prompts(self) -> list[types.Prompt]:
        def arguments(*names: str) -> list[types.PromptArgument]:
            return [types.PromptArgument(name=name, required=True) for name in names]

        prompts = [
            types.Prompt(name="test_simple_prompt"),
            types.Prompt(name="test_prompt_with_arguments", arguments=arguments("arg1", "arg2")),
            types.Prompt(name="test_prompt_with_embedded_resource", arguments=arguments("resourceUri")),
            types.Prompt(name="asking_prompt"),
        ]
        return prompts + [types.Prompt(name="changing_prompt")] * ("prompts" in self.changing)

    async def list_prompts(self, ctx: Any, params: Any) -> types.ListPromptsResult:
        prompts, cursor = fixtures.page(self.prompts(), params, self.page_size)
        return types.ListPromptsResult(prompts=prompts, next_cursor=cursor)

    # Resources, prompts, completion

    async def read_resource(self, ctx: Any, params: Any) -> types.ReadResourceResult | types.InputRequiredResult:
        if params.uri == fixtures.ASKING:
            try:
                name = await self.ask_name(Conversation(ctx, params), "Who wants a resource?")
            except Asking as asking:
                return asking.result
            content = types.TextResourceContents(uri=params.uri, mime_type="text/plain", text=name)
            return types.ReadResourceResult(contents=[content])
        return types.ReadResourceResult(contents=[self.read(params.uri)])

    async def ask_name(self, client: Conversation, message: str) -> str:
        [answer] = await client.ask(form(message))
        return answer["content"]["name"]

    def read(self, uri: str) -> types.TextResourceContents | types.BlobResourceContents:
        def content(text: str, kind: str = "text/plain") -> types.TextResourceContents:
            return types.TextResourceContents(uri=uri, mime_type=kind, text=text)

        before, after = fixtures.TEMPLATE.split("{id}")
        if uri == fixtures.STATIC_TEXT:
            return content(fixtures.TEXT)
        if uri == fixtures.STATIC_BINARY:
            return types.BlobResourceContents(uri=uri, mime_type="image/png", blob=fixtures.PIXEL)
        if uri == fixtures.WATCHED:
            return content(fixtures.updates_text(self.updates[uri]))
        if uri == fixtures.CHANGING and "resources" in self.changing:
            return content("here")
        if uri.startswith(before) and uri.endswith(after):
            id = uri.removeprefix(before).removesuffix(after)
            return content(fixtures.template_data(id), "application/json")
        raise MCPError(types.INVALID_PARAMS, f"no resource {uri}", {"uri": uri})

    def prompt_named(self, name: str) -> types.Prompt:
        for prompt in self.prompts():
            if prompt.name == name:
                return prompt
        raise MCPError(types.INVALID_PARAMS, f"no prompt {name}")

    async def get_prompt(self, ctx: Any, params: Any) -> types.GetPromptResult | types.InputRequiredResult:
        arguments = params.arguments or {}
        for argument in self.prompt_named(params.name).arguments or []:
            if argument.name not in arguments:
                raise MCPError(types.INVALID_PARAMS, f"{argument.name} is missing")
        contents: list[Any]
        match params.name:
            case "test_simple_prompt":
                contents = [text(fixtures.SIMPLE_PROMPT)]
            case "test_prompt_with_arguments":
                contents = [text(fixtures.arguments_text(arguments["arg1"], arguments["arg2"]))]
            case "test_prompt_with_embedded_resource":
                resource = types.TextResourceContents(uri=arguments["resourceUri"], text="embedded")
                contents = [types.EmbeddedResource(type="resource", resource=resource), text("See above.")]
            case "asking_prompt":
                try:
                    contents = [text(await self.ask_name(Conversation(ctx, params), "Who wants a prompt?"))]
                except Asking as asking:
                    return asking.result
            case _:
                contents = [text("here")]
        return types.GetPromptResult(
            messages=[types.PromptMessage(role="user", content=content) for content in contents]
        )

    async def complete(self, ctx: Any, params: Any) -> types.CompleteResult:
        argument = params.argument
        if isinstance(params.ref, types.PromptReference):
            self.prompt_named(params.ref.name)
            known = (params.context.arguments or {}) if params.context else {}
            values = fixtures.argument_values(argument.name, argument.value, known)
        else:
            values = fixtures.template_ids(argument.value)
        completion = types.Completion(values=values[:100], total=len(values), has_more=len(values) > 100)
        return types.CompleteResult(completion=completion)

    # Clients with a session

    async def subscribe(self, ctx: Any, params: Any) -> types.EmptyResult:
        self.read(params.uri)
        self.subscriptions.setdefault(params.uri, {})[session_id(ctx)] = ctx.session
        return types.EmptyResult()

    async def unsubscribe(self, ctx: Any, params: Any) -> types.EmptyResult:
        self.subscriptions.get(params.uri, {}).pop(session_id(ctx), None)
        return types.EmptyResult()

    async def set_level(self, ctx: Any, params: Any) -> types.EmptyResult:
        self.levels[session_id(ctx)] = params.level
        return types.EmptyResult()

    async def roots_changed(self, ctx: Any, params: Any) -> None:
        self.statistics["notifications/roots/list_changed"] += 1

    # Tools

    async def call_tool(self, ctx: Any, params: Any) -> types.CallToolResult | types.InputRequiredResult:
        conversation = Conversation(ctx, params)
        if params.name == "changing" and "tools" in self.changing:
            return types.CallToolResult(content=[text("here")])
        if params.name not in self.tools:
            raise MCPError(types.INVALID_PARAMS, f"no tool {params.name}")
        try:
            answer = await self.tools[params.name][1](conversation, **(params.arguments or {}))
        except Asking as asking:
            return asking.result
        except anyio.get_cancelled_exc_class():
            self.statistics["notifications/cancelled"] += 1
            raise
        return types.CallToolResult(content=[text(answer)])

    async def echo(self, client: Conversation, message: str) -> str:
        return message

    async def progress(self, client: Conversation, steps: int, delayMs: int) -> str:
        for step in range(1, steps + 1):
            await anyio.sleep(delayMs / 1000)
            await client.session.report_progress(step, steps, f"step {step}")
        return f"{steps} steps"

    async def log(self, client: Conversation, count: int, level: Any) -> str:
        lowest = "debug" if client.is_modern else self.levels.get(session_id(client.context), "info")
        if fixtures.LEVELS.index(level) >= fixtures.LEVELS.index(lowest):
            for number in range(count):
                # To clients of 2026-07-28 only what their request asks for.
                await client.session.send_log_message(
                    level, f"line {number}", "everything", related_request_id=client.context.request_id
                )
        return f"{count} lines"

    async def sample(self, client: Conversation, prompt: str) -> str:
        message = types.SamplingMessage(role="user", content=text(prompt))
        params = types.CreateMessageRequestParams(messages=[message], max_tokens=100)
        [answer] = await client.ask(types.CreateMessageRequest(params=params))
        return f"LLM response: {answer['content']['text']}"

    async def elicit(self, client: Conversation, message: str) -> str:
        [answer] = await client.ask(form(message, fixtures.USER_FORM))
        return f"User response: {json.dumps(answer)}"

    async def ask_many(self, client: Conversation, count: int, tag: str) -> str:
        return json.dumps(await client.ask(*[form(f"{tag} {number}") for number in range(count)]))

    async def ask_twice(self, client: Conversation, tag: str) -> str:
        return json.dumps([answer for number in (0, 1) for answer in await client.ask(form(f"{tag} {number}"))])

    async def ask_url(self, client: Conversation, url: str) -> str:
        id = None if client.is_modern else f"visit {client.context.request_id}"
        params = types.ElicitRequestURLParams(message="Please visit this page.", url=url, elicitation_id=id)
        [answer] = await client.ask(types.ElicitRequest(params=params))
        return f"User response: {json.dumps(answer)}"

    async def ask_roots(self, client: Conversation) -> str:
        [answer] = await client.ask(types.ListRootsRequest())
        return json.dumps(answer["roots"])

    async def update_resource(self, client: Conversation, uri: str) -> str:
        self.updates[uri] += 1
        await self.bus.publish(ResourceUpdated(uri))
        for session in list(self.subscriptions.get(uri, {}).values()):
            with contextlib.suppress(anyio.ClosedResourceError, anyio.BrokenResourceError):
                await session.send_resource_updated(uri)
        return f"updated {uri}"

    async def change(self, kind: str, event: Any) -> str:
        self.changing ^= {kind}
        await self.bus.publish(event)
        return "added" if kind in self.changing else "removed"

    async def change_tools(self, client: Conversation) -> str:
        outcome = await self.change("tools", ToolsListChanged())
        if not client.is_modern:
            await client.session.send_tool_list_changed()
        return outcome

    async def change_resources(self, client: Conversation) -> str:
        outcome = await self.change("resources", ResourcesListChanged())
        if not client.is_modern:
            await client.session.send_resource_list_changed()
        return outcome

    async def change_prompts(self, client: Conversation) -> str:
        outcome = await self.change("prompts", PromptsListChanged())
        if not client.is_modern:
            await client.session.send_prompt_list_changed()
        return outcome

    async def tell_statistics(self, client: Conversation) -> str:
        return json.dumps(self.statistics)

    # Transports

    def options(self) -> InitializationOptions:
        return self.server.create_initialization_options(NotificationOptions(True, True, True))

    async def run_stdio(self) -> None:
        async with stdio_server() as (read, write):
            await self.server.run(read, write, self.options())

    def http_app(self, json_response: bool) -> Any:
        # The application asks the server for its options, which then announce no changes to clients with a session.
        options = self.options()
        self.server.create_initialization_options = lambda: options
        return self.server.streamable_http_app(json_response=json_response)


def session_id(ctx: Any) -> str | None:
    """Of a client with a session; on standard streams there is only one."""
    return ctx.request.headers.get("mcp-session-id") if ctx.request else None


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--transport", choices=["stdio", "http"], default="http")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--name", default="everything-modern")
    parser.add_argument("--page-size", type=int, default=5)
    parser.add_argument("--json-response", action="store_true", help="answer with JSON instead of event streams")
    options = parser.parse_args()
    warnings.simplefilter("ignore", MCPDeprecationWarning)  # Of both eras on purpose.
    everything = Everything(options.name, options.page_size)
    if options.transport == "stdio":
        anyio.run(everything.run_stdio)
    else:
        anyio.run(serve, everything.http_app(options.json_response), options.port)


if __name__ == "__main__":
    main()
