"""The response when the server cannot answer now."""

from http import HTTPStatus

from starlette.exceptions import HTTPException


def unavailable(sentence):
    return HTTPException(
        HTTPStatus.SERVICE_UNAVAILABLE,
        f"{sentence} Try again later.",
        headers={"Retry-After": "1"},
    )
