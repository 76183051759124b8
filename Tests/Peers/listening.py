"""What a client of 2026-07-28 does instead of subscribing: requests that stay open while it wants to hear of changes."""

import contextlib
from typing import Any, AsyncContextManager, Callable

LISTS = {"tools_list_changed": True, "prompts_list_changed": True, "resources_list_changed": True}


class Listening:
    """The open requests of one connection; ends all of them at the end of its scope."""

    def __init__(self, listen: Callable[..., AsyncContextManager[Any]]):
        self._listen = listen
        self._open: dict[str, contextlib.AsyncExitStack] = {}

    async def __aenter__(self) -> "Listening":
        return self

    async def __aexit__(self, *reason: Any) -> None:
        for name in list(self._open):
            await self.end(name)

    async def begin(self, name: str, **wanted: Any) -> Any:
        """Opens a request, waits until the server acknowledges it, and returns what it will be told of."""
        async with contextlib.AsyncExitStack() as stack:
            subscription = await stack.enter_async_context(self._listen(**wanted))
            self._open[name] = stack.pop_all()
            return subscription.honored

    async def end(self, name: str) -> None:
        await self._open.pop(name).aclose()
