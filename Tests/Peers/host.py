"""The application around a client: it answers what servers ask, and keeps what they say.

Everything is in its wire form, as dictionaries, so that one host suits every SDK.
"""

from typing import Any, Callable

import anyio


class Host:
    def __init__(self, name: str, can_be_asked: bool = True):
        self.name = name
        # Without it the client declares that nobody can be asked, and only listens.
        self.can_be_asked = can_be_asked
        self.roots = [{"uri": f"file:///home/{name}", "name": name}]
        # What servers have asked, as (method, params), and what they have announced, as whole notifications.
        self.questions: list[tuple[str, dict[str, Any]]] = []
        self.notices: list[dict[str, Any]] = []
        # What the SDK found wrong with what the server sends, such as an answer to nothing.
        self.troubles: list[str] = []
        # When set, questions stay unanswered until it is.
        self.permission: anyio.Event | None = None

    async def sample(self, params: dict[str, Any]) -> dict[str, Any]:
        await self._asked("sampling/createMessage", params)
        content = params["messages"][-1]["content"]
        block = content[0] if isinstance(content, list) else content
        text = f"{self.name} on {block['text']}"
        return {
            "role": "assistant",
            "content": {"type": "text", "text": text},
            "model": f"model of {self.name}",
            "stopReason": "endTurn",
        }

    async def elicit(self, params: dict[str, Any]) -> dict[str, Any]:
        await self._asked("elicitation/create", params)
        if params.get("mode") == "url":
            return {"action": "accept"}
        if params["message"].startswith("decline"):
            return {"action": "decline"}
        # A text in every field that asks for one says who answered, and what.
        fields = params["requestedSchema"]["properties"]
        content = {
            name: "someone@example.com" if field.get("format") == "email" else f"{self.name} on {params['message']}"
            for name, field in fields.items()
            if field.get("type") == "string"
        }
        return {"action": "accept", "content": content}

    async def list_roots(self) -> list[dict[str, Any]]:
        await self._asked("roots/list", {})
        return self.roots

    async def _asked(self, method: str, params: dict[str, Any]) -> None:
        self.questions.append((method, params))
        if self.permission is not None:
            await self.permission.wait()

    def noticed(self, notification: dict[str, Any]) -> None:
        self.notices.append(notification)

    def heard(self, method: str) -> list[dict[str, Any]]:
        """The params of the notifications of this method so far."""
        return [notice.get("params") or {} for notice in self.notices if notice.get("method") == method]

    async def until(self, what: str, condition: Callable[[], Any], seconds: float = 20) -> Any:
        """Waits until the condition holds, and returns its value."""
        with anyio.move_on_after(seconds):
            while not (value := condition()):
                await anyio.sleep(0.005)
            return value
        raise TimeoutError(f"no {what} within {seconds} s; heard {self.notices}, asked {self.questions}")
