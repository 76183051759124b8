"""A client that opens a session, asks for its stream of events, and only listens from then on."""

import contextlib
import json
import socket
import urllib.parse

from .mcp import HEADERS, UnexpectedAnswer, initialize_request


@contextlib.contextmanager
def open_stream(url):
    """One session on one connection, on which the stream is open until the block is left."""
    parts = urllib.parse.urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout=30) as connection:
        answer = _exchange(connection, parts, "POST", HEADERS, initialize_request())
        session = _header(answer, "mcp-session-id")
        headers = HEADERS | {"Mcp-Session-Id": session}
        _exchange(connection, parts, "POST", headers, {"jsonrpc": "2.0", "method": "notifications/initialized"})
        stream = _exchange(connection, parts, "GET", headers | {"Accept": "text/event-stream"})
        if not stream.startswith(b"HTTP/1.1 200"):
            raise UnexpectedAnswer(f"no stream: {stream[:300]!r}")
        yield


def _exchange(connection, parts, method, headers, message=None):
    """Sends a request; gives back the head of the answer, after whose body (of known length) nothing is left."""
    body = b"" if message is None else json.dumps(message).encode()
    lines = [f"{method} {parts.path} HTTP/1.1", f"Host: {parts.netloc}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if message is not None:
        lines.append(f"Content-Length: {len(body)}")
    connection.sendall("\r\n".join([*lines, "", ""]).encode() + body)
    received = b""
    while b"\r\n\r\n" not in received:
        received += _receive(connection)
    head, _, rest = received.partition(b"\r\n\r\n")
    missing = int(_header(head, "content-length", "0")) - len(rest)
    while missing > 0:
        missing -= len(_receive(connection))
    return head


def _receive(connection):
    piece = connection.recv(65536)
    if not piece:
        raise UnexpectedAnswer("the connection was closed")
    return piece


def _header(head, name, default=None):
    for line in head.decode("latin-1").split("\r\n")[1:]:
        key, _, value = line.partition(":")
        if key.lower() == name:
            return value.strip()
    if default is None:
        raise UnexpectedAnswer(f"the answer has no {name}: {head[:300]!r}")
    return default
