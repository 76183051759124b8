"""One call's talk with its client, for servers made with SDK 2.x: tools read the same in both eras."""

import json
from typing import Any

import anyio
import mcp_types as types
from mcp.shared.message import ServerMessageMetadata
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

RESULTS = {
    "elicitation/create": types.ElicitResult,
    "sampling/createMessage": types.CreateMessageResult,
    "roots/list": types.ListRootsResult,
}


def wire(value: Any) -> dict[str, Any]:
    return value.model_dump(by_alias=True, mode="json", exclude_none=True)


class Asking(Exception):
    """The call ends here, with questions; the client makes it again with their answers."""

    def __init__(self, result: types.InputRequiredResult):
        super().__init__("questions for the client")
        self.result = result


class Conversation:
    """Asks the client of a call.

    A client with a session is sent requests. One of 2026-07-28 gets the questions as the call's result; the tool then runs
    from its beginning again, and finds the answers of all rounds so far, which the state has brought back.
    """

    def __init__(self, context: Any, params: Any):
        self.context = context
        self.session = context.session
        self.is_modern = context.protocol_version in MODERN_PROTOCOL_VERSIONS
        self.answers: dict[str, Any] = json.loads(params.request_state) if params.request_state else {}
        self.answers |= {key: wire(answer) for key, answer in (params.input_responses or {}).items()}
        self.asked = 0

    async def ask(self, *questions: Any) -> list[dict[str, Any]]:
        """The answers to questions that are asked at once, in their order."""
        if not self.is_modern:
            return await self.ask_by_requests(questions)
        keys = [f"question {self.asked + index}" for index in range(len(questions))]
        self.asked += len(questions)
        missing = {key: question for key, question in zip(keys, questions) if key not in self.answers}
        if missing:
            raise Asking(types.InputRequiredResult(input_requests=missing, request_state=json.dumps(self.answers)))
        return [self.answers[key] for key in keys]

    async def ask_by_requests(self, questions: tuple[Any, ...]) -> list[dict[str, Any]]:
        answers: list[dict[str, Any]] = [{}] * len(questions)
        metadata = ServerMessageMetadata(related_request_id=self.context.request_id)

        async def ask(index: int, question: Any) -> None:
            result = await self.session.send_request(question, RESULTS[question.method], metadata=metadata)
            answers[index] = wire(result)

        async with anyio.create_task_group() as group:
            for index, question in enumerate(questions):
                group.start_soon(ask, index, question)
        return answers
