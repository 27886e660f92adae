"""The models of the responses, by which FastAPI describes and checks them."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Probability = Annotated[float, Field(ge=0, le=1)]
Pixels = Annotated[list[int], Field(min_length=4, max_length=4)]


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NoParameters(Model):
    """The parameters of an address that accepts none."""


class ReadParameters(Model):
    images: bool = Field(
        False,
        description="Whether to return, for each digit, the image that the "
        "classifier saw.",
    )
    rotation: int | None = Field(
        None,
        description="The degrees anticlockwise by which to turn the image: 0, 90, 180 "
        "or 270. If left out, it is found.",
    )


class Digit(Model):
    """One digit of an image."""

    digit: int | None = Field(description="Null if it is not sure.")
    confidence: Probability
    box: Pixels = Field(description="Left, top, width and height, in pixels.")
    line: int = Field(ge=0)
    number: int = Field(ge=0)
    image: str | None = Field(
        None,
        description="What the classifier saw, 28 x 28 pixels, as the data URL "
        "of a PNG.",
    )


class Reading(Model):
    """What was read in an image, as printed by ``skdigits predict --json``."""

    file: str | None
    text: str = Field(description="With ? for each digit that is not sure.")
    rotation: Literal[0, 90, 180, 270] = Field(
        description="The degrees anticlockwise by which the image was turned to be "
        "read.",
    )
    digits: list[Digit]


class Prediction(Model):
    """The class of an image of one digit, or the reason why there is none."""

    file: str | None
    label: int | str | None = Field(None, description="The most probable class.")
    confidence: Probability | None = None
    probabilities: dict[str, Probability] | None = None
    error: str | None = Field(None, description="Why there is no label.")


class Predictions(Model):
    predictions: list[Prediction]


class Status(Model):
    status: str


class ImageAsText(Model):
    """An image in the form in which pages with a canvas send it."""

    image: str = Field(description="A data URL: data:image/png;base64,…")


class Error(Model):
    error: str = Field(description="What was got, what was expected, and the remedy.")


ERRORS = {
    400: "There is no image, the form is damaged, or the host is not allowed.",
    403: "The request comes from a page of another origin.",
    408: "The body took too long to arrive.",
    413: "The body is too large.",
    415: "The body is not an image, a form or JSON.",
    422: "The image cannot be decoded or is too large, or a parameter is unknown.",
    503: "The server cannot answer now; Retry-After says when to try again.",
}

RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"model": Error, "description": words} for status, words in ERRORS.items()
}

_BINARY = {"type": "string", "contentMediaType": "application/octet-stream"}


def body_of(**form):
    """Return the description of a body: a bare image, a form, or a data URL."""
    content = {
        kind: {"schema": _BINARY} for kind in ("image/*", "application/octet-stream")
    }
    form = {"type": "object", "properties": form}
    content["multipart/form-data"] = {"schema": form}
    content["application/json"] = {"schema": ImageAsText.model_json_schema()}
    return {"requestBody": {"required": True, "content": content}}


ONE = body_of(file=_BINARY)
SEVERAL = body_of(files={"type": "array", "items": _BINARY})
