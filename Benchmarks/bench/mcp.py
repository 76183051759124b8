"""As much of an MCP client as benchmarks need: sessions over Streamable HTTP, one request at a time."""

import http.client
import json
import urllib.parse

REVISION = "2025-11-25"
HEADERS = {
    "Content-Type": "application/json",
    "Accept": "application/json, text/event-stream",
    "MCP-Protocol-Version": REVISION,
}


class UnexpectedAnswer(Exception):
    """A server did not answer what it should have: nothing worth measuring."""


def initialize_request():
    return {
        "jsonrpc": "2.0",
        "id": 0,
        "method": "initialize",
        "params": {
            "protocolVersion": REVISION,
            "capabilities": {},
            "clientInfo": {"name": "benchmark", "version": "1"},
        },
    }


class Session:
    """A session with an MCP server, on one connection that is kept."""

    def __init__(self, url):
        self.url = urllib.parse.urlsplit(url)
        self.connection = http.client.HTTPConnection(self.url.hostname, self.url.port, timeout=30)
        self.headers = dict(HEADERS)
        self.next_id = 1
        response, _ = self._post(initialize_request())
        self.id = response.getheader("Mcp-Session-Id")
        if self.id:
            self.headers["Mcp-Session-Id"] = self.id
        self._post({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def request(self, method, params=None):
        """The result of a request."""
        message = {"jsonrpc": "2.0", "id": self.next_id, "method": method, "params": params or {}}
        self.next_id += 1
        _, body = self._post(message)
        answer = json.loads(body)
        if "result" not in answer:
            raise UnexpectedAnswer(f"{method}: {answer}")
        return answer["result"]

    def tools(self):
        """All tools, page by page."""
        tools, cursor = [], None
        while True:
            page = self.request("tools/list", {"cursor": cursor} if cursor else None)
            tools += page["tools"]
            cursor = page.get("nextCursor")
            if cursor is None:
                return tools

    def expect_echo(self, tool, message):
        """Makes sure that the tool is there and answers what it was given."""
        result = self.request("tools/call", {"name": tool, "arguments": {"message": message}})
        if result.get("isError") or result["content"][0].get("text") != message:
            raise UnexpectedAnswer(f"{tool} answered {result}")

    def close(self):
        self.connection.close()

    def _post(self, message):
        self.connection.request("POST", self.url.path, json.dumps(message, separators=(",", ":")), self.headers)
        response = self.connection.getresponse()
        body = response.read()
        if response.status not in (200, 202):
            raise UnexpectedAnswer(f"{message['method']}: HTTP {response.status} {body[:300]!r}")
        return response, body


def open_sessions(url, count):
    """The ids of that many new sessions."""
    ids = []
    for _ in range(count):
        session = Session(url)
        ids.append(session.id)
        session.close()
    return ids
