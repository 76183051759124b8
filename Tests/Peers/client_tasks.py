"""A client made with FastMCP and its extension for tasks: client_tasks.py URL --mode auto|legacy

Uses tasks_fastmcp.py. In the mode `legacy` it knows nothing of tasks, and its calls wait for what becomes of them.
"""

import argparse

import anyio
from fastmcp import Client
from fastmcp.client.elicitation import ElicitResult
from fastmcp.exceptions import ToolError
from fastmcp_tasks import call_tool_task

from scenarios import report, require


async def elicit(message, response_type, params, context):
    return ElicitResult(action="accept", content={"name": f"ada, who was asked {message!r}"})


async def text(client: Client, tool: str, **arguments) -> str:
    with anyio.fail_after(60):
        return (await client.call_tool(tool, arguments)).content[0].text


async def calls(client: Client, is_modern: bool) -> None:
    """Of tools that are tasks, as of any other."""
    found = await text(client, "may_be_task", tag="one", ms=50)
    require(found == ("one: a task" if is_modern else "one: no task"), found)
    found = await text(client, "must_be_task", tag="two")
    require(found == "two: a task", found)
    found = await text(client, "asks", tag="three")
    require(found.startswith("three: ada, who was asked ") and "Who, three?" in found, found)
    try:
        found = await text(client, "fails", tag="four")
    except ToolError as error:
        require("no luck with four" in str(error), str(error))
    else:
        require(False, f"did not fail: {found}")
    report("calls")


async def tasks(client: Client) -> None:
    """Begun, looked at, cancelled, answered."""
    task = await call_tool_task(client, "may_be_task", {"tag": "five", "ms": 600_000})
    status = (await task.status()).status
    require(status == "working", status)
    await task.cancel()
    status = (await task.wait(timeout=30)).status
    require(status == "cancelled", status)
    with anyio.fail_after(30):
        while "five" not in await text(client, "stopped"):
            await anyio.sleep(0.05)
    task = await call_tool_task(client, "asks", {"tag": "six"})
    asked = await task.wait(state="input_required", timeout=30)
    require(len(asked.input_requests) == 1, f"{asked}")
    found = (await task.result()).content[0].text
    require(found.startswith("six: ada, who was asked ") and "Who, six?" in found, found)
    status = (await task.status()).status
    require(status == "completed", status)
    task = await call_tool_task(client, "fails", {"tag": "seven"}, raise_on_error=False)
    result = await task.result()
    require(result.is_error and "no luck with seven" in result.content[0].text, f"{result}")
    report("tasks")


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--mode", choices=["auto", "legacy"], required=True)
    options = parser.parse_args()
    async with Client(options.url, mode=options.mode, elicitation_handler=elicit) as client:
        is_modern = options.mode == "auto"
        require(client.protocol_version == ("2026-07-28" if is_modern else "2025-11-25"), client.protocol_version)
        await calls(client, is_modern)
        if is_modern:
            await tasks(client)
    report("done")


if __name__ == "__main__":
    anyio.run(main)
