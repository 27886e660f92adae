"""create_app: the interface over HTTP."""

import os
from contextlib import asynccontextmanager
from http import HTTPStatus
from importlib.resources import files

from joblib import effective_n_jobs
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from skdigits import __version__
from skdigits._validation import check_integer, check_n_jobs, check_number
from skdigits.persistence import load_network
from skdigits.reading import PRETRAINED, classifier_of
from skdigits.serving import _work
from skdigits.serving._gate import Gate
from skdigits.serving._intake import Intake
from skdigits.serving._openapi import description_of
from skdigits.serving._readers import Readers

PAGE = {
    "/": ("index.html", "text/html"),
    "/page.css": ("page.css", "text/css"),
    "/page.js": ("page.js", "text/javascript"),
    "/drawing.js": ("drawing.js", "text/javascript"),
    "/zip.js": ("zip.js", "text/javascript"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
}


def create_app(
    model: str | os.PathLike[str] | None = None,
    *,
    min_confidence: float | None = None,
    n_jobs: int = -1,
    allow_hosts: list[str] | tuple[str, ...] = (),
    allow_origins: list[str] | tuple[str, ...] = (),
    max_bytes: int = 20_000_000,
    max_requests: int = 128,
    timeout: float = 30.0,
) -> Starlette:
    """Return the ASGI application behind ``skdigits serve``.

    It answers ``POST /read`` and ``POST /predict``, shows the page to draw on, and
    describes itself at ``/openapi.json``. It keeps nothing between requests. It needs
    the extra ``serve``.

    Parameters
    ----------
    model : path, default=None
        A file of :func:`~skdigits.save`, for digits in MNIST's form; None is the model
        in the box.

    min_confidence : float in [0, 1], default=None
        As for :func:`~skdigits.read_digits`.

    n_jobs : int, default=-1
        Number of processes that read; -1 for one on every core.

    allow_hosts : list or tuple of str, default=()
        Names of this machine by which it may be asked, besides localhost and its IP
        addresses.

    allow_origins : list or tuple of str, default=()
        Origins of pages that may ask, such as "https://example.org", besides the page
        of this server; "*" for all.

    max_bytes : int, default=20_000_000
        Of the body of one request.

    max_requests : int, default=128
        Number of requests that are read or wait at the same time; what comes besides
        them is answered by 503.

    timeout : float, default=30.0
        Seconds that a request may take to be sent, then to wait, then to be read.

    Returns
    -------
    starlette.applications.Starlette
        For any ASGI server.

    Raises
    ------
    FileNotFoundError, ValueError
        If the model cannot be loaded, or is for others than digits in MNIST's form, or
        a number is out of its range.

    Examples
    --------
    A module that any ASGI server runs, as in ``uvicorn digits:app --workers 2``:

    >>> from skdigits.serving import create_app
    >>> app = create_app(n_jobs=1, max_bytes=1_000_000)
    """
    if min_confidence is not None:
        check_number("min_confidence", min_confidence, low=0, high=1)
    check_n_jobs(n_jobs)
    _check_names("allow_hosts", allow_hosts)
    _check_names("allow_origins", allow_origins)
    check_number("timeout", timeout, low=0, high=float("inf"), closed="neither")
    limits = {
        "max_bytes": check_integer("max_bytes", max_bytes, minimum=1),
        "max_requests": check_integer("max_requests", max_requests, minimum=1),
    }
    path = PRETRAINED if model is None else model
    network = classifier_of(load_network(path))
    intake = Intake(max_bytes, timeout)
    n_jobs = effective_n_jobs(n_jobs)

    @asynccontextmanager
    async def lifespan(app):
        readers = Readers(n_jobs, max_requests, timeout)
        await readers.start(str(path))
        yield {"intake": intake, "readers": readers}

    app = _starlette(lifespan, allow_hosts, allow_origins)
    app.state.model = str(path)
    app.state.min_confidence = min_confidence
    app.state.info = _info(network, limits)
    app.state.openapi = description_of(limits)
    return app


def _check_names(name, names):
    """Raise a ValueError for a lone text, whose letters would be taken for names."""
    if not isinstance(names, list | tuple) or not all(
        isinstance(its, str) for its in names
    ):
        raise ValueError(
            f"Got {name}={names!r}, but expected a list or tuple of texts. "
            "Put them into one."
        )


def _starlette(lifespan, allow_hosts, allow_origins):
    middleware = [Middleware(Gate, allow_hosts, allow_origins)]
    if allow_origins:
        methods = ["GET", "POST"]
        middleware.append(
            Middleware(
                CORSMiddleware, allow_origins=allow_origins, allow_methods=methods
            )
        )
    app = Starlette(
        routes=_routes(),
        lifespan=lifespan,
        middleware=middleware,
        exception_handlers={
            HTTPException: _refused,
            ClientDisconnect: _gone,
            Exception: _failed,
        },
    )
    app.router.redirect_slashes = False
    return app


def _routes():
    pages = [Route(path, _page(*source)) for path, source in PAGE.items()]
    return [
        *pages,
        Route("/read", _read, methods=["POST"]),
        Route("/predict", _predict, methods=["POST"]),
        Route("/info", _of_state("info")),
        Route("/openapi.json", _of_state("openapi")),
        Route("/healthz", _healthz),
    ]


def _page(name, kind):
    content = (files("skdigits.serving") / "page" / name).read_bytes()

    async def page(request):
        return Response(content, media_type=kind)

    return page


def _of_state(name):
    async def document(request):
        return JSONResponse(getattr(request.app.state, name))

    return document


async def _healthz(request):
    return JSONResponse({"status": "ok"})


async def _read(request):
    state = request.app.state
    with_pictures = _flag(request, "pictures")
    async with request.state.intake.files_of(request) as sent:
        if len(sent) > 1:
            raise HTTPException(
                HTTPStatus.BAD_REQUEST,
                f"Got {len(sent):,} pictures, but expected one. Send each in a "
                "request of its own.",
            )
        ((name, content),) = sent
        arguments = name, state.model, state.min_confidence, with_pictures
        answer = await _answer(request, _work.read, content, *arguments)
    return JSONResponse(answer)


async def _predict(request):
    async with request.state.intake.files_of(request) as sent:
        answers = await _answer(request, _work.predict, sent, request.app.state.model)
    return JSONResponse({"answers": answers})


async def _answer(request, function, *arguments):
    try:
        return await request.state.readers.run(request, function, *arguments)
    except ValueError as error:
        raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from None


def _flag(request, name):
    value = request.query_params.get(name, "false")
    if value not in ("true", "false"):
        raise HTTPException(
            HTTPStatus.BAD_REQUEST,
            f"Got {name}={value!r}, but expected true or false.",
        )
    return value == "true"


def _info(network, limits):
    card = dict(network.card)
    # these may name places on the machine where the model was made
    card.pop("command", None)
    if isinstance(card.get("data"), dict):
        card["data"] = {k: v for k, v in card["data"].items() if k != "description"}
    return {
        "skdigits": __version__,
        "model": {
            "labels": network.classes_.tolist(),
            "height and width": list(network.image_shape_),
        },
        "card": card,
        "limits": limits,
    }


async def _refused(request, error):
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)


async def _gone(request, error):
    """Answer nobody."""
    return Response(status_code=HTTPStatus.BAD_REQUEST)


async def _failed(request, error):
    sentence = "Got an error of this server, but expected an answer. Look at its log."
    return JSONResponse({"error": sentence}, HTTPStatus.INTERNAL_SERVER_ERROR)
