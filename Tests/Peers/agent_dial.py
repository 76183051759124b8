"""The DIAL client against an agent, and the DIAL SDK's merging of chunks as the judge of its streams.

See agent_scenarios.py for the arguments.
"""

import json
import re
from typing import Any

import httpx
from aidial_client import Dial, DialException
from aidial_sdk.utils.merge_chunks import cleanup_indices, merge_chat_completion_chunks

from agent_scenarios import CALL, SAID, Target, equal, expect, main, raised, user

TOOLS = "\n".join([CALL % "hi", "call ref__image {}", 'call ref__fail {"message":"no luck"}', "call ref__text {}"])
LOOKUP = {"type": "function", "function": {"name": "lookup", "parameters": {"type": "object", "properties": {}}}}


def client(target: Target) -> Dial:
    return Dial(api_key=target.key, base_url=target.url, max_retries=0)


def deployments(target: Target) -> None:
    api = client(target)
    equal(api.deployments.list()[0].id, "agent", "the first deployment")
    deployment = api.deployments.get("agent")
    equal((deployment.id, deployment.object, deployment.status), ("agent", "deployment", "succeeded"), "a deployment")
    expect(deployment.features.tools and deployment.features.configuration, "features", deployment.features)
    error = raised(DialException, lambda: api.deployments.get("nobody"))
    equal((error.status_code, error.code), (404, "DeploymentNotFound"), "status and code")


def block(target: Target) -> None:
    answer = client(target).chat.completions.create(
        deployment_name="agent",
        messages=[user(TOOLS)],
        max_prompt_tokens="infinity",
        temperature=0.1,
        custom_fields={"configuration": {}},
    )
    message = answer.choices[0].message
    expect(message.content.startswith(SAID % "hi"), "content", message.content)
    stages = message.custom_content.stages
    equal([stage.status for stage in stages], ["completed", "completed", "failed", "completed"], "stages")
    equal([attachment.type for attachment in message.custom_content.attachments], ["image/png"], "attachments")
    equal(answer.statistics.usage_per_model[0].total_tokens, 30, "statistics")


def conversation(target: Target) -> None:
    """The state that an answer carries is taken back, through the client's own types."""
    api = client(target)
    first = api.chat.completions.create(deployment_name="agent", messages=[user(CALL % "hi")])
    kept = first.choices[0].message.model_dump(exclude_none=True)
    expect(kept["custom_content"]["state"]["tool_call_history"], "no history in the state", kept)
    second = api.chat.completions.create(
        deployment_name="agent", messages=[user(CALL % "hi"), kept, user("And now?")]
    )
    equal(second.choices[0].message.content, "You said: And now?", "content")


def stream(target: Target) -> None:
    chunks = list(client(target).chat.completions.create(deployment_name="agent", messages=[user(TOOLS)], stream=True))
    text = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
    expect(text.startswith(SAID % "hi"), "the text", text)
    equal(chunks[-1].usage.total_tokens, 30, "tokens")
    equal(chunks[-1].statistics.usage_per_model[0].total_tokens, 30, "statistics")


def failures(target: Target) -> None:
    api = client(target)
    for streamed in (False, True):

        def ask(name):
            answer = api.chat.completions.create(deployment_name=name, messages=[user("hi")], stream=streamed)
            return list(answer) if streamed else answer

        error = raised(DialException, lambda: ask("nobody"))
        equal((error.status_code, error.code), (404, "DeploymentNotFound"), "status and code")
        error = raised(DialException, lambda: ask("busy"))
        equal((error.status_code, error.code), (500, "llm_rate_limited"), "status and code")
        expect(error.display_message, "display_message", error)
        error = raised(DialException, lambda: ask("full"))
        equal((error.status_code, error.code), (400, "context_length_exceeded"), "status and code")
        error = raised(DialException, lambda: ask("cut"))
        equal(error.code, "llm_stream_interrupted", "the code")


def attachments(target: Target) -> None:
    """What users attach, in every form that the client has for it."""
    given = [
        {"type": "text/plain", "title": "notes", "data": "bring milk"},
        {"type": "image/png", "title": "chart", "url": "files/bucket/chart.png"},
        {"type": "text/html", "title": "page", "reference_type": "text/html", "reference_url": "https://example.com/"},
    ]
    answer = client(target).chat.completions.create(
        deployment_name="agent",
        messages=[{"role": "user", "content": "What is this?", "custom_content": {"attachments": given}}],
    )
    expect("What is this?" in answer.choices[0].message.content, "content", answer.choices[0].message.content)


# MARK: The stream is the answer


def comparable(value: Any) -> Any:
    """Without what differs from run to run: ids, times, signatures, durations."""
    if isinstance(value, dict):
        varying = {"id", "object", "created", "run_id", "sig", "exp", "tool_call_id"}
        kept = {name: comparable(member) for name, member in value.items() if name not in varying and member is not None}
        if "reasoning_content" in kept:
            # Calls that run side by side end in any order.
            kept["reasoning_content"] = sorted(kept["reasoning_content"].splitlines())
        return kept
    if isinstance(value, list):
        return [comparable(element) for element in value]
    return re.sub(r"[0-9.]+s(?=\]?$)", "", value, flags=re.M) if isinstance(value, str) else value


def differences(left: Any, right: Any, path: str = "$") -> list[str]:
    """Where two JSON values differ, and what is there."""
    if isinstance(left, dict) and isinstance(right, dict):
        names = sorted(left.keys() | right.keys())
        return [
            line
            for name in names
            for line in differences(left.get(name, "missing"), right.get(name, "missing"), f"{path}.{name}")
        ]
    if isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        return [line for i, pair in enumerate(zip(left, right)) for line in differences(*pair, f"{path}[{i}]")]
    return [] if left == right else [f"{path}: {left!r} is not {right!r}"]


def merged(chunks: list[dict[str, Any]]) -> dict[str, Any]:
    """The answer that the chunks of a stream make, as the SDK builds it."""
    answer = merge_chat_completion_chunks(*chunks)
    for choice in answer["choices"]:
        choice["message"] = cleanup_indices(choice.pop("delta"))
    return answer


def merge(target: Target) -> None:
    cases = [
        ("dial", "/openai/deployments/agent/chat/completions", {}),
        ("v1", "/v1/chat/completions", {"stream_options": {"include_usage": True}}),
        ("v1 with stages", "/v1/chat/completions", {"agent_bridge": {"progress": "stages"}}),
        ("v1 with reasoning", "/v1/chat/completions", {"agent_bridge": {"progress": "reasoning"}}),
    ]
    questions = [
        ("tools", {"messages": [user(TOOLS)]}),
        ("no tools", {"messages": [user("h\u00e9llo \U0001f600 \\ \" \u2028")]}),
        ("own tools", {"messages": [user(CALL % "hi" + "\ncall lookup {}\ncall lookup {}")], "tools": [LOOKUP]}),
    ]
    headers = {"Api-Key": target.key, "Authorization": f"Bearer {target.key}"}
    with httpx.Client(base_url=target.url, headers=headers, timeout=20) as http:
        for path_name, path, options in cases:
            for question_name, question in questions:
                case = f"{path_name}, {question_name}"
                body = {"model": "agent", **question, **options}
                whole = http.post(path, json={**body, "stream": False})
                equal(whole.status_code, 200, case)
                with http.stream("POST", path, json={**body, "stream": True}) as answer:
                    lines = [line.removeprefix("data: ") for line in answer.iter_lines() if line.startswith("data: ")]
                equal(lines[-1], "[DONE]", f"{case}: the last line")
                left, right = comparable(merged([json.loads(line) for line in lines[:-1]])), comparable(whole.json())
                if path_name.startswith("v1 with"):
                    # A stream has it only where it is asked for.
                    expect("usage" not in left and right.pop("usage"), f"{case}: usage")
                equal(differences(left, right), [], case)


if __name__ == "__main__":
    main(deployments, block, conversation, stream, failures, attachments, merge)
