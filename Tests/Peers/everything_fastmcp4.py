"""A server made with FastMCP 4 that uses everything it offers, in either era.

Clients with a session are asked by `ctx.elicit`, and by requests where FastMCP offers nothing of its own; those of
2026-07-28 by results. Subscriptions are not among it. Over stdio, HTTP+SSE or Streamable HTTP. Over HTTP it prints one
line, {"port": …}, once it listens.
"""

import argparse
import base64
import functools
import json
import warnings
from collections import Counter
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import anyio
import mcp_types as types
from fastmcp import Context, FastMCP
from fastmcp.prompts import Message
from fastmcp.resources import Resource
from fastmcp.tools import Tool
from mcp.shared.exceptions import MCPDeprecationWarning

import fixtures
from conversation import Asking, Conversation
from serving import serve


@dataclass
class User:
    username: str
    email: str


@dataclass
class Named:
    name: str


FORMS = {User: fixtures.USER_FORM, Named: fixtures.NAME_FORM}


class Talk(Conversation):
    """With the client of a call, as FastMCP tells of it."""

    def __init__(self, ctx: Context):
        super().__init__(
            SimpleNamespace(
                session=ctx.session,
                request_id=ctx.request_id,
                protocol_version=ctx.request_context.protocol_version,
            ),
            SimpleNamespace(request_state=ctx.request_state, input_responses=ctx.input_responses),
        )
        self.ctx = ctx

    async def fill(self, message: str, form: type) -> dict[str, Any]:
        if self.is_modern:
            return (await self.fill_all([message], form))[0]
        result = await self.ctx.elicit(message, form)
        answer = {"action": result.action}
        if result.action == "accept":
            answer["content"] = vars(result.data)
        return answer

    async def fill_all(self, messages: list[str], form: type) -> list[dict[str, Any]]:
        """Forms at once."""
        if self.is_modern:
            return await self.ask(
                *[
                    types.ElicitRequest(
                        params=types.ElicitRequestFormParams(message=message, requested_schema=FORMS[form])
                    )
                    for message in messages
                ]
            )
        answers: list[dict[str, Any]] = [{}] * len(messages)

        async def one(number: int) -> None:
            answers[number] = await self.fill(messages[number], form)

        async with anyio.create_task_group() as group:
            for number in range(len(messages)):
                group.start_soon(one, number)
        return answers


def asking(function: Any) -> Any:
    """What asks in it may end the call with questions, which are its result then."""

    @functools.wraps(function)
    async def run(*arguments: Any, **named: Any) -> Any:
        try:
            return await function(*arguments, **named)
        except Asking as asked:
            return asked.result

    return run


def make(name: str) -> FastMCP:
    server = FastMCP(name, version="1.0.0", instructions="Everything.")
    updates: Counter[str] = Counter()
    statistics: Counter[str] = Counter()
    text_only = {"output_schema": None}

    # Plain ones

    @server.tool(**text_only)
    async def echo(message: str) -> str:
        return message

    @server.tool(**text_only)
    async def progress(steps: int, delayMs: int, ctx: Context) -> str:
        for step in range(1, steps + 1):
            await anyio.sleep(delayMs / 1000)
            await ctx.report_progress(step, steps, f"step {step}")
        return f"{steps} steps"

    @server.tool(**text_only)
    async def log(count: int, level: str, ctx: Context) -> str:
        for number in range(count):
            await ctx.log(f"line {number}", level=level)
        return f"{count} lines"

    @server.tool(name="statistics", **text_only)
    async def tell_statistics() -> str:
        return json.dumps(statistics)

    # Those that ask

    @server.tool(**text_only)
    @asking
    async def test_sampling(prompt: str, ctx: Context) -> str | types.InputRequiredResult:
        message = types.SamplingMessage(role="user", content=types.TextContent(type="text", text=prompt))
        params = types.CreateMessageRequestParams(messages=[message], max_tokens=100)
        [answer] = await Talk(ctx).ask(types.CreateMessageRequest(params=params))
        return f"LLM response: {answer['content']['text']}"

    @server.tool(**text_only)
    @asking
    async def test_elicitation(message: str, ctx: Context) -> str | types.InputRequiredResult:
        return f"User response: {json.dumps(await Talk(ctx).fill(message, User))}"

    @server.tool(**text_only)
    @asking
    async def ask_twice(tag: str, ctx: Context) -> str | types.InputRequiredResult:
        talk = Talk(ctx)
        return json.dumps([await talk.fill(f"{tag} {number}", Named) for number in (0, 1)])

    @server.tool(**text_only)
    @asking
    async def ask_many(count: int, tag: str, ctx: Context) -> str | types.InputRequiredResult:
        return json.dumps(await Talk(ctx).fill_all([f"{tag} {number}" for number in range(count)], Named))

    @server.tool(**text_only)
    @asking
    async def ask_url(url: str, ctx: Context) -> str | types.InputRequiredResult:
        talk = Talk(ctx)
        id = None if talk.is_modern else f"visit {ctx.request_id}"
        params = types.ElicitRequestURLParams(message="Please visit this page.", url=url, elicitation_id=id)
        [answer] = await talk.ask(types.ElicitRequest(params=params))
        return f"User response: {json.dumps(answer)}"

    @server.tool(**text_only)
    @asking
    async def ask_roots(ctx: Context) -> str | types.InputRequiredResult:
        [answer] = await Talk(ctx).ask(types.ListRootsRequest())
        return json.dumps(answer["roots"])

    async def roots_changed(ctx: Any, params: Any) -> None:
        statistics["notifications/roots/list_changed"] += 1

    server._mcp_server.add_notification_handler(
        "notifications/roots/list_changed", types.NotificationParams, roots_changed
    )

    # Those that change lists. What FastMCP announces goes with the call that has changed something, in either era.

    def here() -> str:
        return "here"

    @server.tool(**text_only)
    async def change_tools(ctx: Context) -> str:
        if any(tool.name == "changing" for tool in await server.list_tools()):
            server.local_provider.remove_tool("changing")
        else:
            server.add_tool(Tool.from_function(here, name="changing", output_schema=None))
        await ctx.send_notification(types.ToolListChangedNotification())
        return "changed"

    @server.tool(**text_only)
    async def change_resources(ctx: Context) -> str:
        if any(str(resource.uri) == fixtures.CHANGING for resource in await server.list_resources()):
            server.local_provider.remove_resource(fixtures.CHANGING)
        else:
            server.add_resource(Resource.from_function(here, uri=fixtures.CHANGING, name="changing"))
        await ctx.send_notification(types.ResourceListChangedNotification())
        return "changed"

    @server.tool(**text_only)
    async def change_prompts(ctx: Context) -> str:
        if any(prompt.name == "changing_prompt" for prompt in await server.list_prompts()):
            server.local_provider.remove_prompt("changing_prompt")
        else:
            server.prompt(here, name="changing_prompt")
        await ctx.send_notification(types.PromptListChangedNotification())
        return "changed"

    # Resources and prompts

    @server.resource(fixtures.STATIC_TEXT, name="static_text", mime_type="text/plain")
    async def static_text() -> str:
        return fixtures.TEXT

    @server.resource(fixtures.STATIC_BINARY, name="static_binary", mime_type="image/png")
    async def static_binary() -> bytes:
        return base64.b64decode(fixtures.PIXEL)

    @server.resource(fixtures.WATCHED, name="watched_resource", mime_type="text/plain")
    async def watched_resource() -> str:
        return fixtures.updates_text(updates[fixtures.WATCHED])

    @server.resource(fixtures.ASKING, name="asking", mime_type="text/plain")
    @asking
    async def asking_resource(ctx: Context) -> str | types.InputRequiredResult:
        return (await Talk(ctx).fill("Who wants a resource?", Named))["content"]["name"]

    @server.resource(fixtures.TEMPLATE, name="template", mime_type="application/json")
    async def template(id: str) -> str:
        return fixtures.template_data(id)

    @server.prompt
    async def test_simple_prompt() -> str:
        return fixtures.SIMPLE_PROMPT

    @server.prompt
    async def test_prompt_with_arguments(arg1: str, arg2: str) -> str:
        return fixtures.arguments_text(arg1, arg2)

    @server.prompt
    async def test_prompt_with_embedded_resource(resourceUri: str) -> list[Message]:
        resource = types.TextResourceContents(uri=resourceUri, text="embedded")
        return [Message(types.EmbeddedResource(type="resource", resource=resource)), Message("See above.")]

    @server.prompt
    @asking
    async def asking_prompt(ctx: Context) -> str | types.InputRequiredResult:
        return (await Talk(ctx).fill("Who wants a prompt?", Named))["content"]["name"]

    # FastMCP proposes nothing for what there is not.
    @server.completion
    async def complete(ref: Any, argument: Any, context: Any) -> types.Completion:
        if isinstance(ref, types.PromptReference):
            known = (context.arguments or {}) if context else {}
            values = fixtures.argument_values(argument.name, argument.value, known)
        else:
            values = fixtures.template_ids(argument.value)
        return types.Completion(values=values[:100], total=len(values), has_more=len(values) > 100)

    return server


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--transport", choices=["stdio", "http", "sse"], default="http")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--name", default="everything-fastmcp4")
    options = parser.parse_args()
    warnings.simplefilter("ignore", MCPDeprecationWarning)  # Of both eras on purpose.
    server = make(options.name)
    match options.transport:
        case "stdio":
            server.run("stdio", show_banner=False)
        case "sse":
            anyio.run(serve, server.http_app(path="/sse", transport="sse"), options.port)
        case _:
            anyio.run(serve, server.http_app(path="/mcp"), options.port)


if __name__ == "__main__":
    main()
