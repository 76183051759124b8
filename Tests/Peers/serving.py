"""Serving an application over HTTP."""

import json
import socket

import uvicorn


async def serve(app, port: int) -> None:
    """Serves, and prints one line, {"port": …}, once it listens."""
    # Bound here and handed over: no moment in which the port is announced but nobody listens.
    listener = socket.create_server(("127.0.0.1", port), backlog=512)
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1, lifespan="on")
    print(json.dumps({"port": listener.getsockname()[1]}), flush=True)
    await uvicorn.Server(config).serve(sockets=[listener])
