"""skdigits serve."""

import logging
import signal
import socket
import sys

from skdigits.cli._console import new_console, say
from skdigits.serving import create_app

# Connections that are open at the same time; far more than requests that are read.
_MAX_CONNECTIONS = 1000

LOG_LEVELS = ("critical", "error", "warning", "info", "debug", "trace")


def run(model, host, port, log_level, **options):
    """Serve until SIGINT or SIGTERM; the answers under way are still given."""
    if not host:
        # it would stand for every address of the machine
        raise ValueError(
            "Got host='', but expected an address. Pass 0.0.0.0 for every one of this "
            "machine."
        )
    allow_hosts = (host, *options.pop("allow_hosts"))
    if log_level not in LOG_LEVELS:
        raise ValueError(
            f"Got log_level={log_level!r}, but expected one of {', '.join(LOG_LEVELS)}."
        )
    app = create_app(model, allow_hosts=allow_hosts, **options)
    with _listening(host, port) as listening:
        _serve(app, host, listening, log_level)


def _listening(host, port):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family, backlog=1024)
    # the latter two for what is no name of a host at all
    except (OSError, OverflowError, TypeError, ValueError) as error:
        raise OSError(
            f"Got host={host!r} and port={port}, where nothing can listen "
            f"({getattr(error, 'strerror', None) or error}), but expected an address "
            "of this machine and a free port. Choose others with --host and --port."
        ) from None
    # what asyncio sets for sockets that it makes itself; else the second part of an
    # answer waits 40 ms for the first to be acknowledged
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def _serve(app, host, listening, log_level):
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets=None):
            await super().startup(sockets)
            name = f"[{host}]" if ":" in host else host
            port = sockets[0].getsockname()[1]
            say(new_console(), f"http://{name}:{port} (Ctrl-C ends it)")

    # in the end all processes are killed, and asyncio warns if it is late to notice
    logging.getLogger("asyncio").setLevel(logging.ERROR)
    # what uvicorn raises again when all is over
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: sys.exit(0))
    config = uvicorn.Config(
        app,
        http="h11",
        ws="none",
        log_level=log_level,
        server_header=False,
        limit_concurrency=_MAX_CONNECTIONS,
        timeout_keep_alive=30,
    )
    Server(config).run([listening])
