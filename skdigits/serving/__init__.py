"""Read digits over HTTP, with a page to draw on; only metrics are kept afterwards.

Names are imported on first use, because the worker processes need no web server.
"""

__all__ = ["create_app"]


def __getattr__(name):
    if name != "create_app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        import uvicorn  # noqa: F401 - by which the command serves

        from skdigits.serving._app import create_app
    except ModuleNotFoundError as error:
        raise ImportError(
            f"Got no package {error.name}, but expected it for serving. Install it "
            "with pip install 'skdigits[serve]'.",
            name=error.name,
        ) from None
    globals()[name] = create_app
    return create_app
