"""create_app: the HTTP interface."""

import os
import re
from contextlib import asynccontextmanager
from http import HTTPStatus
from importlib.resources import files
from mimetypes import MimeTypes
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from joblib import effective_n_jobs
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from skdigits import __version__
from skdigits._validation import check_integer, check_n_jobs, check_number, one_line
from skdigits.persistence import load_network
from skdigits.reading import PRETRAINED, classifier_of
from skdigits.serving import _models as models
from skdigits.serving import _worker
from skdigits.serving._host_check import HostCheck
from skdigits.serving._metrics import Metrics, metrics
from skdigits.serving._request_body import RequestBodies
from skdigits.serving._worker_pool import WorkerPool

# The page to draw on, and that of the interface; the assets of the latter come from
# another package.
_OWN = files("skdigits.serving") / "page"
_SWAGGER = files("fastapi_swagger") / "resources"
_FILES = ("page.css", "page.js", "drawing.js", "zip.js", "icon.svg", "docs.js")
PAGES = {f"/{name}": _OWN / name for name in _FILES} | {
    "/": _OWN / "index.html",
    "/docs": _OWN / "docs.html",
    "/swagger-ui.css": _SWAGGER / "swagger-ui.css",
    "/swagger-ui.js": _SWAGGER / "swagger-ui-bundle.js",
}

router = APIRouter()


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
) -> FastAPI:
    """Return the ASGI application behind ``skdigits serve``.

    It responds to ``POST /read`` and ``POST /predict``, serves the page to draw on, and
    describes itself at ``/docs`` and ``/openapi.json``. ``/info`` has the model card
    and the limits, and ``/healthz`` says that the server is running. ``/metrics`` has
    figures for Prometheus; apart from these, nothing is kept between requests. The
    extra ``serve`` must be installed.

    Parameters
    ----------
    model : path, default=None
        A file written by :func:`~skdigits.save`, for digits in MNIST format. None uses
        the pretrained model.

    min_confidence : float in [0, 1], default=None
        As in :func:`~skdigits.read_digits`.

    n_jobs : int, default=-1
        Number of worker processes; -1 starts one for each core.

    allow_hosts : list or tuple of str, default=()
        Host names of this machine that requests may use, in addition to localhost and
        IP addresses.

    allow_origins : list or tuple of str, default=()
        Origins of web pages whose requests are served, such as "https://example.org",
        in addition to the page of this server. An origin has a scheme but no path; "*"
        allows all origins.

    max_bytes : int, default=20_000_000
        Maximum size of the body of a request, in bytes.

    max_requests : int, default=128
        Maximum number of requests that are processed or wait at the same time. Any
        further request gets the response 503.

    timeout : float, default=30.0
        Maximum number of seconds for each stage of a request: until it has been sent,
        while it waits, and while it is processed.

    Returns
    -------
    fastapi.FastAPI
        The application, which any ASGI server can run.

    Raises
    ------
    FileNotFoundError, ValueError
        If the model cannot be loaded or is not for digits in MNIST format, or if
        another parameter is not as described.

    Examples
    --------
    A module that any ASGI server can run, as in ``uvicorn digits:app --workers 2``:

    >>> from skdigits.serving import create_app
    >>> app = create_app(n_jobs=1, max_bytes=1_000_000)
    """
    limits = _checked_limits(min_confidence, n_jobs, max_bytes, max_requests, timeout)
    _check_names("allow_hosts", allow_hosts)
    _check_names("allow_origins", allow_origins)
    _check_origins(allow_origins)
    path = PRETRAINED if model is None else model
    state = {
        "bodies": RequestBodies(max_bytes, timeout),
        "info": _info(classifier_of(load_network(path)), limits),
        "model": str(path),
        "min_confidence": min_confidence,
    }
    n_jobs = effective_n_jobs(n_jobs)

    @asynccontextmanager
    async def lifespan(app):
        workers = WorkerPool(n_jobs, max_requests, timeout)
        await workers.start(str(path))
        yield state | {"workers": workers}

    return _app(lifespan, _middleware(allow_hosts, allow_origins), max_bytes)


def _checked_limits(min_confidence, n_jobs, max_bytes, max_requests, timeout):
    """Return the limits that ``/info`` reports."""
    if min_confidence is not None:
        check_number("min_confidence", min_confidence, low=0, high=1)
    check_n_jobs(n_jobs)
    check_number("timeout", timeout, low=0, high=float("inf"), closed="neither")
    return {
        "max_bytes": check_integer("max_bytes", max_bytes, minimum=1),
        "max_requests": check_integer("max_requests", max_requests, minimum=1),
    }


def _app(lifespan, middleware, max_bytes):
    app = FastAPI(
        title="skdigits",
        version=__version__,
        description="Reads handwritten digits. The body of a request has at most "
        f"{max_bytes:,} bytes.",
        lifespan=lifespan,
        middleware=middleware,
        exception_handlers={
            HTTPException: _refused,
            RequestValidationError: _invalid,
            ClientDisconnect: _gone,
            Exception: _failed,
        },
        redirect_slashes=False,
        docs_url=None,
        redoc_url=None,
        routes=[
            *(_page(*page) for page in PAGES.items()),
            Route("/metrics", metrics, include_in_schema=False),
        ],
    )
    app.include_router(router)
    return app


def _check_names(name, names):
    """Raise a ValueError for a single string, whose letters would count as names."""
    if not isinstance(names, list | tuple) or not all(
        isinstance(its, str) for its in names
    ):
        raise ValueError(
            f"Got {name}={names!r}, but expected a list or tuple of strings. Put "
            "them into one."
        )


def _check_origins(origins):
    """Raise a ValueError for one that browsers never send."""
    for origin in origins:
        if not re.fullmatch(r"\*|null|[a-z][a-z0-9+.-]*://[^/\s]+/?", origin):
            raise ValueError(
                f"Got the origin {one_line(repr(origin))} to allow, but expected one "
                "as browsers send it, such as 'https://example.org', or '*' for "
                "all. Pass the scheme and the host, without a path."
            )


def _middleware(allow_hosts, allow_origins):
    # browsers send origins without it
    origins = [origin.rstrip("/") for origin in allow_origins]
    middleware = [
        Middleware(
            Metrics, ["/", "/read", "/predict", "/info", "/healthz", "/metrics"]
        ),
        Middleware(HostCheck, allow_hosts, origins),
    ]
    if origins:
        anything = {"allow_methods": ["*"], "allow_headers": ["*"]}
        middleware.append(Middleware(CORSMiddleware, allow_origins=origins, **anything))
    return middleware


@router.post(
    "/read",
    summary="Read the digits of one image",
    response_model_exclude_unset=True,
    responses=models.RESPONSES,
    openapi_extra=models.ONE,
)
async def read(
    request: Request, query: Annotated[models.ReadParameters, Query()]
) -> models.Reading:
    """Read the digits of one image."""
    state = request.state
    async with state.bodies.files_of(request) as sent:
        if len(sent) > 1:
            raise HTTPException(
                HTTPStatus.BAD_REQUEST,
                f"Got {len(sent):,} images, but expected one. Send each in a request "
                "of its own.",
            )
        ((name, content),) = sent
        arguments = name, state.model, state.min_confidence
        options = query.rotation, query.images
        return await _respond(request, _worker.read, content, *arguments, *options)


@router.post(
    "/predict",
    summary="Classify images of single digits",
    response_model_exclude_unset=True,
    responses=models.RESPONSES,
    openapi_extra=models.SEVERAL,
)
async def predict(
    request: Request, query: Annotated[models.NoParameters, Query()]
) -> models.Predictions:
    """Classify images of single digits, up to 1,000 in a form."""
    async with request.state.bodies.files_of(request) as sent:
        model = request.state.model
        predicted = await _respond(request, _worker.predict, sent, model)
    return models.Predictions(predictions=predicted)


@router.get("/info", summary="The model card and the limits")
async def info(request: Request) -> dict[str, Any]:
    """Return the model card, and the limits."""
    return request.state.info


@router.get("/healthz", summary="Whether the server is running")
async def healthz() -> models.Status:
    """Return whether the server lives."""
    return models.Status(status="ok")


def _page(path, file):
    # unlike guess_type of the module, that of a new object does not ask the registry of
    # Windows, where scripts may be text, which browsers do not run
    kind, _ = MimeTypes().guess_type(file.name)
    content = file.read_bytes()

    async def page(request):
        return Response(content, media_type=kind)

    return Route(path, page, include_in_schema=False)


async def _respond(request, function, *arguments):
    try:
        return await request.state.workers.run(request, function, *arguments)
    except ValueError as error:
        raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from None


def _info(network, limits):
    card = dict(network.card)
    # these may name places on the machine on which the model was made
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


async def _invalid(request, error):
    """Answer parameters of the address that are none."""
    errors = error.errors()
    unknown = [e["loc"][-1] for e in errors if e["type"] == "extra_forbidden"]
    if unknown:
        sentence = (
            f"Got the parameters {one_line(unknown)}, but expected only those "
            "documented at /docs. Leave them out."
        )
        return JSONResponse({"error": sentence}, HTTPStatus.UNPROCESSABLE_ENTITY)
    first = errors[0]
    expected = "true or false" if first["type"].startswith("bool") else "a whole number"
    sentence = (
        f"Got {first['loc'][-1]}={one_line(repr(first['input']))}, but expected "
        f"{expected}. Change it."
    )
    return JSONResponse({"error": sentence}, HTTPStatus.BAD_REQUEST)


async def _gone(request, error):
    """Answer nobody."""
    return Response(status_code=HTTPStatus.BAD_REQUEST)


async def _failed(request, error):
    sentence = "Got an error in this server, but expected a response. See its log."
    return JSONResponse({"error": sentence}, HTTPStatus.INTERNAL_SERVER_ERROR)
