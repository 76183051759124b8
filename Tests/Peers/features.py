"""Scenarios beyond plain calls: what a client with somebody at the keyboard does, over one connection.

They need the fixtures that the reference server and those of `everything_*.py` have in common.
"""

import contextlib
import json
from typing import Any, Callable

import anyio

from host import Host
from scenarios import Connection, Refused, Run, error_text_of, report, require, short, text_of

TEXT = "This is the content of the static text resource."
SIMPLE_PROMPT = "This is a simple prompt for testing."
RESOURCES = ["test://static-text", "test://static-binary", "test://watched-resource"]
TEMPLATE = "test://template/{id}/data"
ROOTS_CHANGED = "notifications/roots/list_changed"


class FeatureRun(Run):
    SCENARIOS = (
        "resources prompts completion completion-context subscriptions sampling elicitation several-questions "
        "elicitation-url asking roots logging cancel-question list-changed ping crossing"
    ).split()

    @contextlib.asynccontextmanager
    async def hosted(self, name: str = "ada", can_be_asked: bool = True):
        host = Host(name, can_be_asked)
        async with self.connected(host) as connection:
            yield host, connection
            require(not host.troubles, f"the SDK complains: {host.troubles}")

    async def text(self, connection: Connection, tool: str, arguments: dict[str, Any] | None = None) -> str:
        return text_of(await connection.call(self.tool(tool), arguments or {}))

    async def refusal(self, what: str, action: Callable[[], Any]) -> Refused:
        try:
            answer = await action()
        except Refused as refused:
            report(f"refused: {what}", code=refused.code, message=refused.message)
            return refused
        require(False, f"{what} was accepted: {short(answer)}")
        raise AssertionError

    async def resources(self) -> None:
        async with self.hosted() as (_, connection):
            listed = {resource["uri"]: resource for resource in await connection.resources()}
            require(not set(RESOURCES) - set(listed), f"missing resources among {sorted(listed)}")
            templates = [template["uriTemplate"] for template in await connection.templates()]
            require(TEMPLATE in templates, f"no {TEMPLATE} among {templates}")
            text = await connection.read("test://static-text")
            require([item.get("text") for item in text] == [TEXT], f"not the text: {short(text)}")
            require(text[0]["uri"] == "test://static-text" and text[0]["mimeType"] == "text/plain", short(text))
            blob = await connection.read("test://static-binary")
            require(len(blob) == 1 and "text" not in blob[0], f"not one blob: {short(blob)}")
            require(blob[0]["mimeType"] == "image/png" and blob[0]["blob"].startswith("iVBORw0KGgo"), short(blob))
            made = await connection.read("test://template/42/data")
            data = json.loads(made[0]["text"])
            require(data["id"] == "42" and made[0]["uri"] == "test://template/42/data", short(made))
            refused = await self.refusal("unknown resource", lambda: connection.read("test://no/such"))
            require("test://no/such" in refused.message, f"the error names no resource: {refused}")
            report("resources", listed=sorted(listed), templates=templates)

    async def prompts(self) -> None:
        async with self.hosted() as (_, connection):
            listed = {prompt["name"]: prompt for prompt in await connection.prompts()}
            simple, arguments = self.tool("test_simple_prompt"), self.tool("test_prompt_with_arguments")
            require(simple in listed and arguments in listed, f"missing prompts among {sorted(listed)}")
            names = [argument["name"] for argument in listed[arguments]["arguments"]]
            require(names == ["arg1", "arg2"], f"not the arguments: {short(listed[arguments])}")
            message = (await connection.prompt(simple, {}))[0]
            require(message["role"] == "user" and message["content"]["text"] == SIMPLE_PROMPT, short(message))
            message = (await connection.prompt(arguments, {"arg1": "é 😀", "arg2": '"\\'}))[0]
            require("arg1='é 😀'" in message["content"]["text"], short(message))
            require("arg2='\"\\'" in message["content"]["text"], short(message))
            kinds = [
                message["content"]["type"]
                for message in await connection.prompt(
                    self.tool("test_prompt_with_embedded_resource"), {"resourceUri": "test://static-text"}
                )
            ]
            require("resource" in kinds, f"no embedded resource among {kinds}")
            refused = await self.refusal("unknown prompt", lambda: connection.prompt(self.tool("no_such"), {}))
            require("no_such" in refused.message, f"the error names no prompt: {refused}")
            await self.refusal("missing arguments", lambda: connection.prompt(arguments, {}))
            report("prompts", listed=sorted(listed))

    async def completion(self) -> None:
        async with self.hosted() as (_, connection):
            prompt = {"type": "ref/prompt", "name": self.tool("test_prompt_with_arguments")}
            found = await connection.complete(prompt, "arg1", "par")
            require(found["values"] == ["paris", "park", "party"], f"not the proposals: {found}")
            template = {"type": "ref/resource", "uri": TEMPLATE}
            found = await connection.complete(template, "id", "1")
            require(len(found["values"]) == 100 and found["total"] == 111 and found["hasMore"], f"{short(found)}")
            unknown = {"type": "ref/prompt", "name": self.tool("no_such")}
            if self.completes_anything:
                found = await connection.complete(unknown, "arg1", "")
                require(found["values"] == [], f"proposals for an unknown prompt: {found}")
            else:
                await self.refusal("unknown prompt", lambda: connection.complete(unknown, "arg1", ""))
            report("completion")

    async def completion_context(self) -> None:
        async with self.hosted() as (_, connection):
            prompt = {"type": "ref/prompt", "name": self.tool("test_prompt_with_arguments")}
            found = await connection.complete(prompt, "arg2", "", {"arg1": "paris"})
            require(found["values"] == ["paris-one", "paris-three", "paris-two"], f"context is ignored: {found}")
            report("completion-context")

    async def subscriptions(self) -> None:
        uri = "test://watched-resource"

        async def count() -> int:
            words = (await connection.read(uri))[0]["text"].split()
            return int(next(word for word in words if word.isdigit()))

        async with self.hosted() as (host, connection):
            await connection.watch_lists()
            await connection.subscribe(uri)
            before = await count()
            for updates in (1, 2):
                await self.text(connection, "update_resource", {"uri": uri})
                await host.until("update", lambda: len(host.heard("notifications/resources/updated")) >= updates)
            heard = [params["uri"] for params in host.heard("notifications/resources/updated")]
            require(heard == [uri] * 2, f"not two updates of {uri}: {heard}")
            require(await count() == before + 2, f"{before} became {await count()}")
            await connection.unsubscribe(uri)
            # A client of 2026-07-28 gives its request up in the background: behind these round trips it has.
            await self.toggle(host, connection, "tools")
            await self.text(connection, "update_resource", {"uri": uri})
            # What is announced afterwards has come, so what was before would have, too.
            await self.toggle(host, connection, "tools")
            heard = host.heard("notifications/resources/updated")
            require(len(heard) == 2, f"heard of updates without a subscription: {heard}")
            # In 2026-07-28 what cannot be subscribed to is not refused but left out, or never changes.
            if not (connection.is_modern or self.server_is_modern):
                await self.refusal("unknown resource", lambda: connection.subscribe("test://no/such"))
            report("subscriptions")

    async def sampling(self) -> None:
        async with self.hosted() as (host, connection):
            prompt = "the \"weather\" \\ in Zürich 😀\n"
            text = await self.text(connection, "test_sampling", {"prompt": prompt})
            require(f"ada on {prompt}" in text, f"not the answer: {text!r}")
            require([method for method, _ in host.questions] == ["sampling/createMessage"], f"{host.questions}")
            params = host.questions[0][1]
            require(params["messages"][0]["role"] == "user" and params["maxTokens"] > 0, f"{params}")
            report("sampling", text=text)

    async def elicitation(self) -> None:
        async with self.hosted() as (host, connection):
            message = "Who are you? é 😀"
            text = await self.text(connection, "test_elicitation", {"message": message})
            require('"accept"' in text and '"ada on ' in text, f"not the answer: {text}")
            require("Who are you" in host.questions[0][1]["message"], f"{host.questions}")
            text = await self.text(connection, "test_elicitation", {"message": "decline, please"})
            require('"decline"' in text and "content" not in text, f"not declined: {text}")
            answers = json.loads(await self.text(connection, "ask_twice", {"tag": "two"}))
            names = [answer["content"]["name"] for answer in answers]
            require(len(names) == 2 and all(f"ada on two {i}" in names[i] for i in (0, 1)), f"{answers}")
            report("elicitation", answers=answers)

    async def several_questions(self) -> None:
        """Questions that a call asks at once, each answered for itself."""
        async with self.hosted() as (host, connection):
            answers = json.loads(await self.text(connection, "ask_many", {"count": 3, "tag": "many"}))
            names = [answer["content"]["name"] for answer in answers]
            require(len(names) == 3 and all(f"many {i}" in names[i] for i in range(3)), f"{answers}")
            require(len(host.questions) == 3, f"not three questions: {host.questions}")
            report("several-questions", answers=answers)

    async def elicitation_url(self) -> None:
        async with self.hosted() as (host, connection):
            url = "https://example.com/form?a=1&b=%20"
            text = await self.text(connection, "ask_url", {"url": url})
            require('"accept"' in text, f"not accepted: {text}")
            asked = [(method, params.get("mode"), params.get("url")) for method, params in host.questions]
            require(asked == [("elicitation/create", "url", url)], f"asked {host.questions}")
            report("elicitation-url")

    async def asking(self) -> None:
        """A prompt and a resource that ask before they are there, as tools do."""
        async with self.hosted() as (host, connection):
            message = (await connection.prompt(self.tool("asking_prompt"), {}))[0]
            require("Who wants a prompt?" in message["content"]["text"], short(message))
            content = (await connection.read("test://asking"))[0]
            require("Who wants a resource?" in content["text"], short(content))
            require([method for method, _ in host.questions] == ["elicitation/create"] * 2, f"{host.questions}")
            report("asking")

    async def roots(self) -> None:
        async with self.hosted() as (host, connection):
            roots = json.loads(await self.text(connection, "ask_roots"))
            require(roots == host.roots, f"the server got {roots}")
            host.roots = [{"uri": "file:///tmp/somewhere%20else", "name": "elsewhere"}, {"uri": "file:///srv"}]
            # In 2026-07-28 roots are said anew to each call that asks, on either side of a gateway.
            if not connection.is_modern:
                await connection.roots_changed()
            if not (connection.is_modern or self.server_is_modern):
                with anyio.fail_after(10):
                    while not json.loads(await self.text(connection, "statistics")).get(ROOTS_CHANGED):
                        await anyio.sleep(0.01)
            roots = json.loads(await self.text(connection, "ask_roots"))
            require(roots == host.roots, f"the server got {roots} after the change")
            report("roots", roots=roots)

    async def logging(self) -> None:
        async with self.hosted() as (host, connection):
            if connection.is_modern:
                # Of calls that name no level nothing is told; FastMCP's name one unless told another.
                await connection.set_level("emergency")
                await self.text(connection, "log", {"count": 1, "level": "error"})
            await connection.set_level("warning")
            await self.text(connection, "log", {"count": 3, "level": "info"})
            await self.text(connection, "log", {"count": 2, "level": "error"})
            await host.until("log messages", lambda: len(host.heard("notifications/message")) >= 2)
            await connection.set_level("debug")
            await self.text(connection, "log", {"count": 4, "level": "debug"})
            await host.until("log messages", lambda: len(host.heard("notifications/message")) >= 6)
            levels = [params["level"] for params in host.heard("notifications/message")]
            require(levels == ["error"] * 2 + ["debug"] * 4, f"heard {levels}")
            report("logging")

    async def cancel_question(self) -> None:
        """Cancels a call while its question is open: the question is moot, and everything goes on."""
        async with self.hosted() as (host, connection):
            host.permission = anyio.Event()
            asked = anyio.Event()

            async def watch() -> None:
                await host.until("question", lambda: host.questions)
                asked.set()

            async def no_progress(progress: float, total: float | None, message: str | None) -> None: ...

            async with anyio.create_task_group() as group:
                group.start_soon(watch)
                with anyio.fail_after(15):
                    await connection.call_then_cancel(self.tool("ask_twice"), {"tag": "moot"}, asked, no_progress)
            host.permission.set()
            host.permission = None
            answers = json.loads(await self.text(connection, "ask_twice", {"tag": "again"}))
            require("ada on again 1" in answers[1]["content"]["name"], f"{answers}")
            messages = [params["message"] for _, params in host.questions]
            require(len(messages) == 3 and "again" in messages[1] and "again" in messages[2], f"asked {messages}")
            report("cancelled")

    async def list_changed(self) -> None:
        # Lists are those of the session that all clients share who cannot be asked; a server on standard streams would
        # change them in a process of the client's own.
        async with self.hosted(can_be_asked=False) as (host, connection):
            await connection.watch_lists()
            # Not there before, there in between, not there afterwards; whoever announces, the lists tell.
            for kind in ("tools", "resources", "prompts"):
                require(not await self.is_there(connection, kind), f"{kind}: changed before")
                await self.toggle(host, connection, kind)
                require(await self.is_there(connection, kind), f"{kind}: nothing new")
                if kind == "tools":
                    require(await self.text(connection, "changing") == "here", "not here")
                elif kind == "resources":
                    require((await connection.read("test://changing"))[0]["text"] == "here", "not here")
                else:
                    message = (await connection.prompt(self.tool("changing_prompt"), {}))[0]
                    require(message["content"]["text"] == "here", short(message))
                await self.toggle(host, connection, kind)
                require(not await self.is_there(connection, kind), f"{kind}: still there")
            report("list-changed", heard=len(host.notices))

    async def toggle(self, host: Host, connection: Connection, kind: str) -> None:
        """Has the server change a list, and waits for the announcement."""
        method = f"notifications/{kind}/list_changed"
        before = len(host.heard(method))
        await self.text(connection, f"change_{kind}")
        await host.until(method, lambda: len(host.heard(method)) > before)

    async def is_there(self, connection: Connection, kind: str) -> bool:
        match kind:
            case "tools":
                return self.tool("changing") in [tool["name"] for tool in await connection.tools()]
            case "resources":
                return "test://changing" in [resource["uri"] for resource in await connection.resources()]
            case _:
                return self.tool("changing_prompt") in [prompt["name"] for prompt in await connection.prompts()]

    async def ping(self) -> None:
        async with self.hosted() as (_, connection):
            await connection.ping()
            report("ping")

    async def crossing(self) -> None:
        """Clients who ask the same server at the same time: each is asked about its own calls only."""
        names = ["ada", "bob"]

        async def call(name: str, connection: Connection, index: int) -> None:
            tag = f"{name}'s {index};"
            tool, arguments = (
                ("test_sampling", {"prompt": tag}),
                ("ask_twice", {"tag": tag}),
                ("ask_roots", {}),
            )[index % 3]
            result = await connection.call(self.tool(tool), arguments)
            if self.may_be_refused and (result.get("isError") or '"cancel"' in error_text_of(result)):
                return
            text = text_of(result)
            if tool == "test_sampling":
                require(f"{name} on {tag}" in text, f"{name}'s call {index} got {text!r}")
            elif tool == "ask_twice":
                for number, answer in enumerate(json.loads(text)):
                    # Between the two a gateway with several servers says which of them asks.
                    who = (answer.get("content") or {}).get("name", "")
                    is_own = who.startswith(f"{name} on ") and who.endswith(f"{tag} {number}")
                    require(is_own, f"{name}'s call {index}: {text}")
            else:
                require([root["name"] for root in json.loads(text)] == [name], f"{name}'s call {index} got {text}")

        # What tools lead to questions is learned, where the server does not say which call it asks about.
        async with self.hosted("eve") as (_, connection):
            for index in range(3):
                await call("eve", connection, index)

        async def act(name: str) -> None:
            async with self.hosted(name) as (host, connection):
                slots = anyio.CapacityLimiter(8)

                async def one(index: int) -> None:
                    async with slots:
                        await call(name, connection, index)

                async with anyio.create_task_group() as group:
                    for index in range(self.count):
                        group.start_soon(one, index)
                strange = [
                    params
                    for method, params in host.questions
                    if method != "roots/list" and f"{name}'s " not in json.dumps(params)
                ]
                require(not strange, f"{name} was asked about calls of others: {short(strange)}")
                report("asked", name=name, questions=len(host.questions))

        async with anyio.create_task_group() as group:
            for name in names:
                group.start_soon(act, name)
