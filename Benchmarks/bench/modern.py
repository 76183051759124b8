"""As much of a client of 2026-07-28 as benchmarks need: requests that describe themselves, one at a time."""

import http.client
import json
import urllib.parse

from .mcp import UnexpectedAnswer

REVISION = "2026-07-28"


def meta(capabilities):
    """What a request says of itself and of its client."""
    return {
        "io.modelcontextprotocol/protocolVersion": REVISION,
        "io.modelcontextprotocol/clientCapabilities": capabilities,
        "io.modelcontextprotocol/clientInfo": {"name": "benchmark", "version": "1"},
    }


def headers(method, name):
    return {"MCP-Protocol-Version": REVISION, "Mcp-Method": method, "Mcp-Name": name}


class Client:
    """Calls tools over one connection that is kept."""

    def __init__(self, url, capabilities):
        self.url = urllib.parse.urlsplit(url)
        self.connection = http.client.HTTPConnection(self.url.hostname, self.url.port, timeout=60)
        self.meta = meta(capabilities)
        self.next_id = 1

    def call(self, tool, arguments, **members):
        """The result of a call, whatever its type; `members` are further params."""
        params = {"name": tool, "arguments": arguments, "_meta": self.meta, **members}
        message = {"jsonrpc": "2.0", "id": self.next_id, "method": "tools/call", "params": params}
        self.next_id += 1
        fields = {
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
            **headers("tools/call", tool),
        }
        self.connection.request("POST", self.url.path, json.dumps(message, separators=(",", ":")), fields)
        response = self.connection.getresponse()
        body = response.read()
        if response.getheader("Content-Type") != "application/json":
            body = body.rsplit(b"data: ", 1)[-1]
        answer = json.loads(body)
        if "result" not in answer:
            raise UnexpectedAnswer(f"{tool}: HTTP {response.status} {answer}")
        return answer["result"]

    def close(self):
        self.connection.close()
