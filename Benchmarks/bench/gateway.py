"""The gateway under test."""

import contextlib
import http.client
import json

from .programs import Program, free_port


class Gateway(Program):
    """A gateway in front of the given servers, an object like `mcpServers` of gateway.json."""

    def __init__(self, bench, servers, **settings):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/mcp"
        self.servers = servers
        config = bench.directory / f"gateway-{self.port}.json"
        config.write_text(
            json.dumps({"listen": f"127.0.0.1:{self.port}", "logLevel": "warning", "mcpServers": servers, **settings})
        )
        command = [bench.binaries / "mcp-gateway", "serve", "--config", config]
        super().__init__("mcp-gateway", command, bench.directory)

    def get(self, path):
        """Status and JSON of an operator's request; `None` while nobody listens yet."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        with contextlib.closing(connection):
            try:
                connection.request("GET", path)
                response = connection.getresponse()
                return response.status, json.loads(response.read())
            except ConnectionError:
                return None

    def is_ready(self):
        """Whether /readyz says so: every server was listed, or has failed."""
        answer = self.get("/readyz")
        return answer is not None and answer[0] == 200

    def ready_servers(self):
        """How many servers are connected and listed."""
        answer = self.get("/v1/servers")
        if answer is None:
            return 0
        return sum(1 for server in answer[1]["servers"] if server["state"] == "ready")

    def server(self, name):
        """What /v1/servers/{name} says of a server."""
        return self.get(f"/v1/servers/{name}")[1]


@contextlib.contextmanager
def ready_gateway(bench, servers, **settings):
    """A gateway whose servers are all connected and listed."""
    with Gateway(bench, servers, **settings) as gateway:
        gateway.wait_until(lambda: gateway.ready_servers() == len(servers))
        yield gateway
