"""What the everything servers serve: the same resources, prompts and completions as the reference server."""

import json

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
