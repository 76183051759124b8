"""What the everything servers serve: the same resources, prompts and completions as the reference server."""

import json
from typing import Any, Callable

TEXT = "This is the content of the static text resource."
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
STATIC_TEXT, STATIC_BINARY = "test://static-text", "test://static-binary"
WATCHED, CHANGING = "test://watched-resource", "test://changing"
ASKING = "test://asking"
TEMPLATE = "test://template/{id}/data"

SIMPLE_PROMPT = "This is a simple prompt for testing."
ARGUMENT_VALUES = ["alpha", "beta", "paris", "park", "party"]


def template_data(id: str) -> str:
    return json.dumps({"id": id, "templateTest": True, "data": f"Data for ID: {id}"})


def updates_text(count: int) -> str:
    return f"This resource was updated {count} times."


def arguments_text(first: str, second: str) -> str:
    return f"Prompt with arguments: arg1='{first}', arg2='{second}'"


def argument_values(argument: str, prefix: str, known: dict[str, str]) -> list[str]:
    """Proposals for an argument of the prompt with arguments."""
    if argument == "arg1":
        values = ARGUMENT_VALUES
    else:
        start = f"{known['arg1']}-" if "arg1" in known else ""
        values = [start + value for value in ("one", "three", "two")]
    return [value for value in values if value.startswith(prefix)]


def template_ids(prefix: str) -> list[str]:
    """Proposals for the id of the template: more than fit into one answer."""
    return [str(id) for id in range(1, 251) if str(id).startswith(prefix)]


# Of the servers that are made with the low-level classes of the SDK.

NAME_FORM = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
USER_FORM = {
    "type": "object",
    "properties": {"username": {"type": "string"}, "email": {"type": "string", "format": "email"}},
    "required": ["username", "email"],
}
LEVELS = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"]


def schema(**types_of: str) -> dict[str, Any]:
    properties = {name: {"type": kind} for name, kind in types_of.items()}
    return {"type": "object", "properties": properties, "required": list(types_of)}


def tools(server: Any) -> dict[str, tuple[dict[str, Any], Callable[..., Any]]]:
    """The tools by their names: the schema of the arguments, and the method of the server that does the work."""
    return {
        "echo": (schema(message="string"), server.echo),
        "progress": (schema(steps="integer", delayMs="integer"), server.progress),
        "log": (schema(count="integer", level="string"), server.log),
        "test_sampling": (schema(prompt="string"), server.sample),
        "test_elicitation": (schema(message="string"), server.elicit),
        "ask_many": (schema(count="integer", tag="string"), server.ask_many),
        "ask_twice": (schema(tag="string"), server.ask_twice),
        "ask_url": (schema(url="string"), server.ask_url),
        "ask_roots": (schema(), server.ask_roots),
        "update_resource": (schema(uri="string"), server.update_resource),
        "change_tools": (schema(), server.change_tools),
        "change_resources": (schema(), server.change_resources),
        "change_prompts": (schema(), server.change_prompts),
        "statistics": (schema(), server.tell_statistics),
    }


def page(items: list[Any], params: Any, size: int) -> tuple[list[Any], str | None]:
    """A page of a list, and the cursor of the next."""
    start = int(params.cursor) if params and params.cursor else 0
    end = start + size
    return items[start:end], str(end) if end < len(items) else None
