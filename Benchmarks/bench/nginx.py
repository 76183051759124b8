"""nginx as a reverse proxy of the same upstream: what passing these bytes on costs at the least."""

import contextlib
import socket

from . import procfs
from .programs import Program, find, free_port

# keepalive_requests: without it, nginx gives up its connections after a thousand requests, on both sides.
CONFIGURATION = """
daemon off;
worker_processes {workers};
pid {directory}/nginx.pid;
error_log {directory}/nginx-error.log;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    client_body_temp_path {directory}/nginx-body;
    proxy_temp_path {directory}/nginx-proxy;
    fastcgi_temp_path {directory}/nginx-fastcgi;
    uwsgi_temp_path {directory}/nginx-uwsgi;
    scgi_temp_path {directory}/nginx-scgi;
    upstream reference {{
        server 127.0.0.1:{upstream};
        keepalive 64;
        keepalive_requests 1000000000;
    }}
    server {{
        listen 127.0.0.1:{port} reuseport;
        location / {{
            proxy_pass http://reference;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host 127.0.0.1:{upstream};
        }}
    }}
}}
"""


@contextlib.contextmanager
def nginx(bench, upstream):
    """Passes requests on to that port; has `.url` and `.pids`."""
    port = free_port()
    configuration = bench.directory / "nginx.conf"
    configuration.write_text(
        CONFIGURATION.format(directory=bench.directory, workers=bench.cores, upstream=upstream, port=port)
    )
    # -e: the compiled-in error log is opened before the configuration is read, and may not be ours to write.
    error_log = bench.directory / "nginx-error.log"
    command = [find("nginx"), "-e", error_log, "-p", bench.directory, "-c", configuration]
    with Program("nginx", command, bench.directory) as server:
        server.url = f"http://127.0.0.1:{port}/mcp"
        server.wait_until(lambda: _accepts(port) and len(procfs.children(server.pid)) >= bench.cores)
        server.pids = [server.pid, *procfs.children(server.pid)]
        yield server


def _accepts(port):
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except ConnectionRefusedError:
        return False
    return True
