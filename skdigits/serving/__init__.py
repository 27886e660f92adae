"""Read digits over HTTP, with a page to draw on; no state is kept between requests.

Names are imported on first use, because the worker processes need no web server.
"""

from importlib import import_module

__all__ = ["create_app"]

_EXTRA = (
    "anyio",
    "fastapi",
    "fastapi_swagger",
    "prometheus_client",
    "python_multipart",
    "uvicorn",
)


def __getattr__(name):
    if name != "create_app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    _check_installed()
    from skdigits.serving._app import create_app

    globals()[name] = create_app
    return create_app


def _check_installed():
    try:
        for name in _EXTRA:
            import_module(name)
    except ModuleNotFoundError as error:
        raise ImportError(
            f"Got no package {error.name}, but expected it for serving. Install it "
            "with pip install 'skdigits[serve]'.",
            name=error.name,
        ) from None
