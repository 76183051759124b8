"""A server made with FastMCP 3 that uses everything it offers to a legacy client.

Subscriptions are not among it. Over stdio, HTTP+SSE or Streamable HTTP. Over HTTP it prints one line, {"port": …}, once
it listens.
"""

import argparse
import base64
import json
from collections import Counter
from dataclasses import dataclass

import anyio
from fastmcp import Context, FastMCP
from fastmcp.exceptions import NotFoundError
from fastmcp.prompts import Message
from fastmcp.resources import Resource
from fastmcp.tools import Tool
from mcp import types

import fixtures
from serving import serve


@dataclass
class User:
    username: str
    email: str


@dataclass
class Named:
    name: str


def make(name: str) -> FastMCP:
    server = FastMCP(name, version="1.0.0")
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
    async def test_sampling(prompt: str, ctx: Context) -> str:
        result = await ctx.sample(prompt, max_tokens=100)
        return f"LLM response: {result.text}"

    async def ask(message: str, form: type, ctx: Context) -> dict:
        result = await ctx.elicit(message, form)
        answer = {"action": result.action}
        if result.action == "accept":
            answer["content"] = vars(result.data)
        return answer

    @server.tool(**text_only)
    async def test_elicitation(message: str, ctx: Context) -> str:
        return f"User response: {json.dumps(await ask(message, User, ctx))}"

    @server.tool(**text_only)
    async def ask_twice(tag: str, ctx: Context) -> str:
        return json.dumps([await ask(f"{tag} {number}", Named, ctx) for number in (0, 1)])

    @server.tool(**text_only)
    async def ask_many(count: int, tag: str, ctx: Context) -> str:
        answers: list[dict] = [{}] * count

        async def ask_one(number: int) -> None:
            answers[number] = await ask(f"{tag} {number}", Named, ctx)

        async with anyio.create_task_group() as group:
            for number in range(count):
                group.start_soon(ask_one, number)
        return json.dumps(answers)

    @server.tool(**text_only)
    async def ask_url(url: str, ctx: Context) -> str:
        # Not offered by FastMCP itself.
        result = await ctx.session.elicit_url(
            "Please visit this page.", url, f"visit {ctx.request_id}", related_request_id=ctx.request_id
        )
        return f"User response: {json.dumps(result.model_dump(mode='json', exclude_none=True))}"

    @server.tool(**text_only)
    async def ask_roots(ctx: Context) -> str:
        return json.dumps([root.model_dump(mode="json", exclude_none=True) for root in await ctx.list_roots()])

    async def roots_changed(notification: types.RootsListChangedNotification) -> None:
        statistics["notifications/roots/list_changed"] += 1

    server._mcp_server.notification_handlers[types.RootsListChangedNotification] = roots_changed

    # Those that change lists, which FastMCP announces itself only where a request adds or removes something

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

    # FastMCP has no completions of its own; the class of the SDK below it does.
    @server._mcp_server.completion()
    async def complete(ref, argument, context) -> types.Completion:
        if isinstance(ref, types.PromptReference):
            if ref.name not in [prompt.name for prompt in await server.list_prompts()]:
                raise NotFoundError(f"no prompt {ref.name}")
            known = (context.arguments or {}) if context else {}
            values = fixtures.argument_values(argument.name, argument.value, known)
        else:
            values = fixtures.template_ids(argument.value)
        return types.Completion(values=values[:100], total=len(values), hasMore=len(values) > 100)

    return server


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--transport", choices=["stdio", "http", "sse"], default="http")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--name", default="everything-fastmcp")
    options = parser.parse_args()
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
