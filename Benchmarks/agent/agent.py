"""The agent under test, with all that it needs."""

import contextlib
import http.client
import json
import re
import tempfile
import urllib.parse

from bench import procfs
from bench.gateway import ready_gateway
from bench.programs import Program
from bench.reference import reference_server

from .model import model


class Agent(Program):
    """An agent of every model, under the model's name."""

    def __init__(self, bench, gateway_url, models):
        config = tempfile.NamedTemporaryFile("w", suffix=".json", dir=bench.directory, delete=False)
        with config:
            json.dump(
                {
                    "agent": {
                        "listen": "127.0.0.1:0",
                        "gateway": {"url": gateway_url},
                        "llms": {name: {"baseUrl": server.url, "model": name} for name, server in models.items()},
                        "agents": {name: {"llm": name} for name in models},
                        "state": {"secret": "only-for-this-benchmark-0123456789abcdef"},
                    }
                },
                config,
            )
        super().__init__("agent-bridge", [bench.binaries / "agent-bridge", "serve", "--config", config.name], bench.directory)

    def find_url(self):
        """Waits until the agent listens and sees its tools."""
        announced = self.wait_until(lambda: re.search(r"serving agents at (http://\S+)/v1\n", self.output.read_text()))
        self.url = announced[1]
        self.wait_until(lambda: self.get("/readyz")[0] == 200)

    def get(self, path):
        connection = http.client.HTTPConnection(urllib.parse.urlsplit(self.url).netloc, timeout=10)
        with contextlib.closing(connection):
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode()

    def metrics(self):
        """Counters by name, labels included."""
        lines = [line for line in self.get("/metrics")[1].splitlines() if line and not line.startswith("#")]
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}

    def failed_tools(self):
        """Calls whose result was an error: the run goes on, but it is not what should have been measured."""
        metrics = self.metrics()
        return sum(
            value
            for name, value in metrics.items()
            if name.startswith("agent_tool_calls_total{") and 'outcome="ok"' not in name
        )


class Stack:
    """Models, tools, gateway and agent, running."""

    def __init__(self, agent, gateway, models):
        self.agent = agent
        self.gateway = gateway
        self.models = models
        self.url = f"{agent.url}/v1/chat/completions"

    def cpu_seconds(self):
        """Of agent and gateway together."""
        return procfs.cpu_seconds([self.agent.pid, self.gateway.pid])

    def expect_no_failed_tools(self):
        failed = self.agent.failed_tools()
        if failed:
            raise RuntimeError(f"{failed:.0f} tool calls failed at the agent")


@contextlib.contextmanager
def running_stack(bench, **steps):
    """One agent for each keyword: its name, and the steps of its model. Everything is new, and gone afterwards."""
    with contextlib.ExitStack() as stack:
        models = {name: stack.enter_context(model(bench, list)) for name, list in steps.items()}
        tools = stack.enter_context(reference_server(bench))
        gateway = stack.enter_context(ready_gateway(bench, {"reference": {"url": tools.url}}))
        agent = stack.enter_context(Agent(bench, gateway.url, models))
        agent.find_url()
        yield Stack(agent, gateway, models)
