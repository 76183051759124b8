"""The OpenAI client, of the 2.x or 3.x line, against agents. See agent_scenarios.py for the arguments."""

import asyncio
import json

import openai
from openai import AsyncOpenAI, AzureOpenAI, OpenAI
from pydantic import BaseModel

from agent_scenarios import CALL, SAID, Target, equal, expect, main, raised, user

LOOKUP = {
    "type": "function",
    "function": {
        "name": "lookup",
        "description": "Looks a word up",
        "parameters": {
            "type": "object",
            "properties": {"word": {"type": "string"}},
            "required": ["word"],
            "additionalProperties": False,
        },
        "strict": True,
    },
}
BOTH = 'call lookup {"word":"moon"}\n' + CALL % "hi"


def client(target: Target, **options) -> OpenAI:
    return OpenAI(base_url=target.url + "/v1", api_key=target.key, **{"max_retries": 0, **options})


def azure(target: Target, **options) -> AzureOpenAI:
    return AzureOpenAI(
        azure_endpoint=target.url, api_key=target.key, api_version="2024-10-21", **{"max_retries": 0, **options}
    )


def models(target: Target) -> None:
    api = client(target)
    listed = [model.id for model in api.models.list()]
    equal(listed[0], "agent", "the first model")
    model = api.models.retrieve("agent")
    equal((model.id, model.object), ("agent", "model"), "a model")
    expect(model.created > 0 and model.owned_by == "agent-bridge", "created, owned_by", model)
    error = raised(openai.NotFoundError, lambda: api.models.retrieve("nobody"))
    equal(error.code, "model_not_found", "the code")


def block(target: Target) -> None:
    answer = client(target).chat.completions.create(
        model="agent",
        messages=[{"role": "system", "content": "Be brief."}, user(CALL % "h\u00e9llo \U0001f600")],
        temperature=0.5,
        extra_headers={"X-Request-Id": "the-request"},
    )
    equal(answer.object, "chat.completion", "object")
    equal(answer.model, "agent", "model")
    equal(answer._request_id, "the-request", "the request's id")
    equal(len(answer.choices), 1, "choices")
    equal(answer.choices[0].message.role, "assistant", "role")
    equal(answer.choices[0].message.content, SAID % "h\u00e9llo \U0001f600", "content")
    equal(answer.choices[0].message.tool_calls, None, "tool calls of the agent's own")
    equal(answer.choices[0].finish_reason, "stop", "finish_reason")
    equal(answer.usage.total_tokens, 30, "tokens of two turns")
    equal(answer.model_extra["agent_bridge"]["stop_reason"], "final_answer", "stop_reason")


def parts(target: Target) -> None:
    """Every kind of content part that the client has is taken."""
    content = [
        {"type": "text", "text": "look"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo=", "detail": "low"}},
        {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
        {"type": "file", "file": {"filename": "a.txt", "file_data": "data:text/plain;base64,aGk="}},
    ]
    history = [
        {"role": "developer", "content": [{"type": "text", "text": "Be brief."}]},
        {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]},
        {"role": "user", "content": content, "name": "ann"},
    ]
    answer = client(target).chat.completions.create(model="agent", messages=history)
    said = "You said: look\n[a recording (wav), which this model cannot hear]\na.txt\n```\nhi\n```"
    equal(answer.choices[0].message.content, said, "content")


def stream(target: Target) -> None:
    chunks = list(
        client(target).chat.completions.create(
            model="agent", messages=[user(CALL % "hi")], stream=True, stream_options={"include_usage": True}
        )
    )
    equal(len({chunk.id for chunk in chunks}), 1, "ids")
    equal({chunk.object for chunk in chunks}, {"chat.completion.chunk"}, "objects")
    equal(chunks[0].choices[0].delta.role, "assistant", "the first chunk's role")
    text = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
    equal(text, SAID % "hi", "the text")
    equal(chunks[-2].choices[0].finish_reason, "stop", "finish_reason")
    equal(chunks[-1].choices, [], "choices of the last chunk")
    equal(chunks[-1].usage.total_tokens, 30, "tokens")
    expect(all(chunk.usage is None for chunk in chunks[:-1]), "usage in another chunk")
    plain = list(client(target).chat.completions.create(model="agent", messages=[user("hi")], stream=True))
    expect(all(chunk.usage is None and chunk.choices for chunk in plain), "usage that nobody asked for")


def stream_helper(target: Target) -> None:
    api = client(target)
    with api.chat.completions.stream(
        model="agent", messages=[user(CALL % "hi")], stream_options={"include_usage": True}
    ) as events:
        kinds = [event.type for event in events]
        final = events.get_final_completion()
    expect("content.delta" in kinds and "content.done" in kinds, "events", kinds)
    equal(final.choices[0].message.content, SAID % "hi", "content")
    equal(final.choices[0].finish_reason, "stop", "finish_reason")
    equal(final.usage.total_tokens, 30, "tokens")


class Weather(BaseModel):
    city: str
    celsius: int


def structured(target: Target) -> None:
    """The model's form of answer goes through, streamed or not."""
    api = client(target)
    messages = [user("How is the weather?")]
    answer = api.chat.completions.parse(model="json", messages=messages, response_format=Weather)
    equal(answer.choices[0].message.parsed, Weather(city="Paris", celsius=15), "parsed")
    with api.chat.completions.stream(model="json", messages=messages, response_format=Weather) as events:
        final = events.get_final_completion()
    equal(final.choices[0].message.parsed, Weather(city="Paris", celsius=15), "parsed from the stream")


def own_tools(target: Target) -> None:
    """The caller's function and one of the gateway's in one turn: the caller sees its own alone."""
    api = client(target)
    messages = [user(BOTH)]
    first = api.chat.completions.create(model="agent", messages=messages, tools=[LOOKUP]).choices[0]
    equal(first.finish_reason, "tool_calls", "finish_reason")
    equal([call.function.name for call in first.message.tool_calls], ["lookup"], "the calls")
    equal(json.loads(first.message.tool_calls[0].function.arguments), {"word": "moon"}, "the arguments")
    messages += [
        first.message.model_dump(exclude_none=True),
        {"role": "tool", "tool_call_id": first.message.tool_calls[0].id, "content": "a rock"},
    ]
    second = api.chat.completions.create(model="agent", messages=messages, tools=[LOOKUP]).choices[0]
    equal(second.message.content, "The tools say:\n- a rock\n- hi", "content")
    equal(second.finish_reason, "stop", "finish_reason")


def own_tools_streamed(target: Target) -> None:
    api = client(target)
    messages = [user(BOTH)]
    done = []
    with api.chat.completions.stream(model="agent", messages=messages, tools=[LOOKUP]) as events:
        for event in events:
            if event.type == "tool_calls.function.arguments.done":
                done.append((event.name, event.parsed_arguments))
        final = events.get_final_completion().choices[0]
    equal(done, [("lookup", {"word": "moon"})], "the calls")
    equal(final.finish_reason, "tool_calls", "finish_reason")
    messages += [
        {"role": "assistant", "tool_calls": [call.model_dump() for call in final.message.tool_calls]},
        {"role": "tool", "tool_call_id": final.message.tool_calls[0].id, "content": "a rock"},
    ]
    with api.chat.completions.stream(model="agent", messages=messages, tools=[LOOKUP]) as events:
        second = events.get_final_completion().choices[0]
    equal(second.message.content, "The tools say:\n- a rock\n- hi", "content")


def refusals(target: Target) -> None:
    """Requests that are wrong: the class, and what it says."""
    api = client(target)

    def ask(api=api, model="agent", messages=(user("hi"),), **options):
        return api.chat.completions.create(model=model, messages=list(messages), **options)

    for streamed in (False, True):
        error = raised(openai.AuthenticationError, lambda: ask(client(Target(target.url, "wrong")), stream=streamed))
        equal((error.code, error.type), ("invalid_api_key", "authentication_error"), "code and type")
        error = raised(openai.NotFoundError, lambda: ask(model="nobody", stream=streamed))
        equal((error.code, error.param), ("model_not_found", "model"), "code and param")
        error = raised(openai.BadRequestError, lambda: ask(n=2, stream=streamed))
        equal((error.code, error.param), ("unsupported_n", "n"), "code and param")
        error = raised(openai.BadRequestError, lambda: ask(messages=[], stream=streamed))
        equal((error.code, error.param), ("invalid_body", "messages"), "code and param")
    unpaired = [user("hi"), {"role": "tool", "tool_call_id": "x", "content": "?"}]
    equal(raised(openai.BadRequestError, lambda: ask(messages=unpaired)).code, "invalid_tool_messages", "the code")
    clash = {"type": "function", "function": {"name": "ref__echo", "parameters": {"type": "object"}}}
    equal(raised(openai.BadRequestError, lambda: ask(tools=[clash])).code, "tool_name_conflict", "the code")
    expect(error.request_id and error.request_id in error.message, "the request's id in the message", error.message)
    raised(openai.NotFoundError, lambda: api.responses.create(model="agent", input="hi"))


def failures(target: Target) -> None:
    """The model fails: the class, and what it says."""
    api = client(target)
    for streamed in (False, True):

        def ask(model):
            answer = api.chat.completions.create(model=model, messages=[user("hi")], stream=streamed)
            return list(answer) if streamed else answer

        error = raised(openai.RateLimitError, lambda: ask("busy"))
        equal((error.code, error.response.headers["retry-after"]), ("llm_rate_limited", "7"), "code, Retry-After")
        error = raised(openai.InternalServerError, lambda: ask("broken"))
        equal((error.status_code, error.code), (502, "llm_error"), "status and code")
        expect("secret" not in error.message, "what the model's server said", error.message)
        error = raised(openai.BadRequestError, lambda: ask("full"))
        equal((error.code, error.param), ("context_length_exceeded", "messages"), "code and param")
    error = raised(openai.InternalServerError, lambda: api.chat.completions.create(model="cut", messages=[user("hi")]))
    equal(error.code, "llm_stream_interrupted", "the code")


def broken_stream(target: Target) -> None:
    """A stream that breaks off: what there was, then an error, and no second try."""
    seen = []

    def read():
        for chunk in client(target, max_retries=2).chat.completions.create(
            model="cut", messages=[user("hi")], stream=True
        ):
            seen.extend(choice.delta.content for choice in chunk.choices if choice.delta.content)

    error = raised(openai.APIError, read)
    equal("".join(seen), "Once upon ", "the text until then")
    equal((error.code, error.type), ("llm_stream_interrupted", "server_error"), "code and type")


def own_retries(target: Target) -> None:
    """A client that tries again by itself is served when the model is there again."""
    answer = client(target, max_retries=2).chat.completions.create(model="recovering", messages=[user("hi")])
    equal(answer.choices[0].message.content, "here again", "content")


def impatience(target: Target) -> None:
    """A client that gives up, and one that has read enough."""
    raised(
        openai.APITimeoutError,
        lambda: client(target, timeout=0.5).chat.completions.create(model="slow", messages=[user("hi")]),
    )
    with client(target).chat.completions.create(model="slow", messages=[user("hi")], stream=True) as chunks:
        for chunk in chunks:
            if chunk.choices[0].delta.content:
                break


async def together(target: Target) -> None:
    async with AsyncOpenAI(base_url=target.url + "/v1", api_key=target.key, max_retries=0) as api:

        async def ask(number: int) -> str:
            text = ""
            answer = await api.chat.completions.create(
                model="agent", messages=[user(CALL % f"hi {number}")], stream=True
            )
            async for chunk in answer:
                text += "".join(choice.delta.content or "" for choice in chunk.choices)
            return text

        answers = await asyncio.gather(*(ask(number) for number in range(20)))
    equal(answers, [SAID % f"hi {number}" for number in range(20)], "the answers")


def azure_path(target: Target) -> None:
    """The paths and the key's header of Azure, which are those of a DIAL application, too."""
    api = azure(target)
    answer = api.chat.completions.create(model="agent", messages=[user(CALL % "hi")])
    equal(answer.choices[0].message.content, SAID % "hi", "content")
    equal(answer.usage.total_tokens, 30, "tokens")
    stages = answer.choices[0].message.model_extra["custom_content"]["stages"]
    equal([stage["status"] for stage in stages], ["completed"], "stages")
    chunks = list(api.chat.completions.create(model="agent", messages=[user(CALL % "hi")], stream=True))
    text = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
    equal(text, SAID % "hi", "the text")
    equal(chunks[-1].usage.total_tokens, 30, "tokens of the finish chunk")
    with api.chat.completions.stream(model="agent", messages=[user(BOTH)], tools=[LOOKUP]) as events:
        final = events.get_final_completion().choices[0]
    equal([call.function.name for call in final.message.tool_calls], ["lookup"], "the calls")
    wrong = azure(Target(target.url, "wrong"))
    raised(openai.AuthenticationError, lambda: wrong.chat.completions.create(model="agent", messages=[user("hi")]))
    error = raised(openai.NotFoundError, lambda: api.chat.completions.create(model="nobody", messages=[user("hi")]))
    equal(error.code, "DeploymentNotFound", "the code")
    raised(
        openai.UnprocessableEntityError,
        lambda: api.chat.completions.create(model="agent", messages=[user("hi")], n=2),
    )
    error = raised(openai.InternalServerError, lambda: api.chat.completions.create(model="busy", messages=[user("hi")]))
    equal((error.status_code, error.code), (500, "llm_rate_limited"), "status and code")


def openai_v1_path(target: Target) -> None:
    """The path without the agent's name: a header has it."""
    for header in ("X-DIAL-DEPLOYMENT-ID", "X-DIAL-OVERRIDE-NAME"):
        api = OpenAI(
            base_url=target.url + "/openai/v1",
            api_key=target.key,
            max_retries=0,
            default_headers={header: "agent", "Api-Key": target.key},
        )
        answer = api.chat.completions.create(model="whatever", messages=[user(CALL % "hi")])
        equal(answer.choices[0].message.content, SAID % "hi", "content")


if __name__ == "__main__":
    main(
        models,
        block,
        parts,
        stream,
        stream_helper,
        structured,
        own_tools,
        own_tools_streamed,
        refusals,
        failures,
        broken_stream,
        own_retries,
        impatience,
        together,
        azure_path,
        openai_v1_path,
    )
