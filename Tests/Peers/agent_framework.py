"""Agent frameworks, with tools of their own, on top of an agent: their loop around ours.

Which one runs depends on what is installed. See agent_scenarios.py for the arguments.
"""

from importlib.util import find_spec

from agent_scenarios import CALL, Target, equal, expect, main

BOTH = 'call lookup {"word":"moon"}\n' + CALL % "hi"
ANSWER = "The tools say:\n- moon is a rock\n- hi"


async def openai_agents(target: Target) -> None:
    from agents import Agent, ModelSettings, OpenAIChatCompletionsModel, Runner, function_tool, set_tracing_disabled
    from openai import AsyncOpenAI

    set_tracing_disabled(True)
    words = []

    @function_tool
    def lookup(word: str) -> str:
        """Looks a word up."""
        words.append(word)
        return f"{word} is a rock"

    async with AsyncOpenAI(base_url=target.url + "/v1", api_key=target.key, max_retries=0) as client:
        agent = Agent(
            name="outer",
            instructions="Be brief.",
            model=OpenAIChatCompletionsModel(model="agent", openai_client=client),
            model_settings=ModelSettings(include_usage=True),
            tools=[lookup],
        )
        result = await Runner.run(agent, BOTH)
        equal(result.final_output, ANSWER, "the answer")
        streamed = Runner.run_streamed(agent, BOTH)
        kinds = {event.type async for event in streamed.stream_events()}
        equal(streamed.final_output, ANSWER, "the streamed answer")
        expect("raw_response_event" in kinds, "events", kinds)
        following = await Runner.run(agent, result.to_input_list() + [{"role": "user", "content": "And now?"}])
        equal(following.final_output, "You said: And now?", "the next answer")
    equal(words, ["moon", "moon"], "calls of the own tool")


def langchain(target: Target) -> None:
    from langchain_core.messages import HumanMessage, ToolMessage
    from langchain_core.tools import tool
    from langchain_openai import ChatOpenAI

    @tool
    def lookup(word: str) -> str:
        """Looks a word up."""
        return f"{word} is a rock"

    model = ChatOpenAI(model="agent", base_url=target.url + "/v1", api_key=target.key, max_retries=0)
    bound = model.bind_tools([lookup])
    for streamed in (False, True):
        messages = [HumanMessage(BOTH)]
        first = ask(bound, messages, streamed)
        equal([call["name"] for call in first.tool_calls], ["lookup"], "the calls")
        messages.append(first)
        for call in first.tool_calls:
            messages.append(ToolMessage(lookup.invoke(call["args"]), tool_call_id=call["id"]))
        second = ask(bound, messages, streamed)
        equal(second.content, ANSWER, "the answer")
        equal(second.usage_metadata["total_tokens"], 15, "tokens")


def ask(model, messages, streamed):
    if not streamed:
        return model.invoke(messages)
    chunks = list(model.stream(messages, stream_usage=True))
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole += chunk
    return whole


if __name__ == "__main__":
    main(*([openai_agents] if find_spec("agents") else []), *([langchain] if find_spec("langchain_openai") else []))
