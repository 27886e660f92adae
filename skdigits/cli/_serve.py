"""skdigits serve."""

import signal
import sys
from typing import Annotated

import typer

import skdigits
from skdigits.cli import _options as options
from skdigits.cli._console import new_console, say

# Connections that are open at the same time; far more than requests that are read.
_MAX_CONNECTIONS = 1000

LOG_LEVELS = ("critical", "error", "warning", "info", "debug", "trace")


def serve(
    model: options.Reader = None,
    host: Annotated[
        str,
        typer.Option(
            help="Address to listen on; 0.0.0.0 for every address of this machine."
        ),
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(help="Port to listen on; 0 for any free one.")
    ] = 8000,
    min_confidence: options.MinConfidence = None,
    n_jobs: Annotated[int, options.n_jobs("Number of worker processes")] = -1,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Another name under which this machine can be reached, besides "
            "localhost and its IP addresses; may be repeated.",
            show_default="none",
        ),
    ] = None,
    allow_origin: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ORIGIN",
            help="Another origin whose pages may send requests, such as "
            "https://example.org; may be repeated.",
            show_default="none",
        ),
    ] = None,
    log_level: Annotated[
        str,
        typer.Option(help="What to log; info logs one line per request, on stdout."),
    ] = "warning",
    debug: options.Debug = False,
):
    """Serve a page to draw on, and read images that are sent over HTTP.

    Examples:
      skdigits serve
      skdigits serve --model digits.safetensors --port 0
    """
    from skdigits._validation import check_choice

    if not host:
        # it would stand for every address of the machine
        raise ValueError(
            "Got host='', but expected an address. Pass 0.0.0.0 for every address "
            "of this machine."
        )
    check_choice("log_level", log_level, LOG_LEVELS)
    served = skdigits.serving.create_app(
        model,
        min_confidence=min_confidence,
        n_jobs=n_jobs,
        allow_hosts=(host, *(allow_host or ())),
        allow_origins=allow_origin or (),
    )
    with _listening(host, port) as listening:
        _serve(served, host, listening, log_level)


def _listening(host, port):
    import socket

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family, backlog=1024)
    # the latter two for what is no name of a host at all
    except (OSError, OverflowError, TypeError, ValueError) as error:
        reason = str(getattr(error, "strerror", None) or error)
    else:
        # what asyncio sets for sockets that it makes itself; else the second part of an
        # answer waits 40 ms for the first to be acknowledged
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listening
    # here, since the error would keep a socket open that Python has not closed
    raise OSError(
        f"Got host={host!r} and port={port}, where the server cannot listen "
        f"({reason}), but expected an address of this machine and a free port. Choose "
        "others with --host and --port."
    )


def _server(host, config):
    """Return uvicorn's server, which prints its address and starts or ends quietly."""
    import logging

    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets=None):
            await super().startup(sockets)
            name = f"[{host}]" if ":" in host else host
            port = sockets[0].getsockname()[1]
            say(new_console(), f"http://{name}:{port} (press Ctrl-C to stop)")

        def handle_exit(self, sig, frame):
            if not self.started:
                # Ctrl-C reaches the workers too: that they fail then is no news, nor
                # that asyncio notices it once its loop is closed
                logging.getLogger("uvicorn.error").disabled = True
                sys.unraisablehook = lambda _: None
            super().handle_exit(sig, frame)

    return Server(config)


def _serve(served, host, listening, log_level):
    """Serve until SIGINT or SIGTERM; requests in progress are still answered."""
    import logging

    import uvicorn

    # in the end all processes are killed, and asyncio warns if it is late to notice
    logging.getLogger("asyncio").setLevel(logging.ERROR)
    # what uvicorn raises again when all is over
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: sys.exit(0))
    config = uvicorn.Config(
        served,
        http="h11",
        ws="none",
        log_level=log_level,
        server_header=False,
        limit_concurrency=_MAX_CONNECTIONS,
        timeout_keep_alive=30,
    )
    server = _server(host, config)
    try:
        server.run([listening])
    except (KeyboardInterrupt, SystemExit):
        # those of workers that could not start
        if server.should_exit:
            sys.exit(0)
        raise
