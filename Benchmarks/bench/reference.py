"""The reference server: the MCP server behind the gateway."""

import contextlib
import re

from .programs import Program


@contextlib.contextmanager
def reference_server(bench, *options):
    """Serves Streamable HTTP until the block is left; has `.url` and `.port`.

    Of the revisions with sessions, unless the options name an era: what passes is then the same bytes on both sides.
    """
    if "--era" not in options:
        options = ("--era", "legacy", *options)
    command = [bench.binaries / "reference-server", "--http", "127.0.0.1:0", *options]
    with Program("reference-server", command, bench.directory) as server:
        announced = server.wait_until(
            lambda: re.search(r"listening on (http://127\.0\.0\.1:(\d+)/mcp)\n", server.output.read_text())
        )
        server.url, server.port = announced[1], int(announced[2])
        yield server
