"""What is said when there is too much to do."""

from http import HTTPStatus

from starlette.exceptions import HTTPException


def unavailable(sentence):
    return HTTPException(
        HTTPStatus.SERVICE_UNAVAILABLE,
        f"{sentence} Try again later.",
        headers={"Retry-After": "1"},
    )
