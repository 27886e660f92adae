"""The description of the interface, as OpenAPI 3.1 has it."""

from skdigits import __version__

_JSON = "application/json"

_ERRORS = {
    400: "There is no picture, the form is damaged, or the host is another one.",
    403: "A page of another origin asks.",
    408: "The body took too long to be sent.",
    413: "The body is too large.",
    415: "The body is neither a picture nor a form.",
    422: "The picture cannot be decoded, or has too many pixels.",
    503: "There are too many requests; Retry-After says when to try again.",
}

_DIGIT = {
    "type": "object",
    "required": ["digit", "confidence", "box", "line", "number"],
    "additionalProperties": False,
    "properties": {
        "digit": {"type": ["integer", "null"], "description": "Null where unsure."},
        "confidence": {"type": "number", "minimum": 0, "maximum": 1},
        "box": {
            "type": "array",
            "items": {"type": "integer"},
            "minItems": 4,
            "maxItems": 4,
            "description": "Left, top, width and height, in pixels of the picture.",
        },
        "line": {"type": "integer", "minimum": 0},
        "number": {"type": "integer", "minimum": 0},
        "picture": {
            "type": "string",
            "description": "What the network saw, 28 x 28 pixels: a PNG as data URI.",
        },
    },
}

_READING = {
    "type": "object",
    "required": ["file", "text", "digits"],
    "additionalProperties": False,
    "properties": {
        "file": {"type": ["string", "null"]},
        "text": {"type": "string", "description": "With ? where unsure."},
        "digits": {"type": "array", "items": {"$ref": "#/components/schemas/Digit"}},
    },
}

_ANSWER = {
    "type": "object",
    "required": ["file"],
    "additionalProperties": False,
    "properties": {
        "file": {"type": ["string", "null"]},
        "label": {"description": "The most probable class."},
        "confidence": {"type": "number", "minimum": 0, "maximum": 1},
        "probabilities": {
            "type": "object",
            "additionalProperties": {"type": "number", "minimum": 0, "maximum": 1},
        },
        "error": {"type": "string", "description": "Why there is no label."},
    },
}

_ANSWERS = {
    "type": "object",
    "required": ["answers"],
    "additionalProperties": False,
    "properties": {
        "answers": {"type": "array", "items": {"$ref": "#/components/schemas/Answer"}}
    },
}

_ERROR = {
    "type": "object",
    "required": ["error"],
    "additionalProperties": False,
    "properties": {"error": {"type": "string", "description": "One sentence."}},
}

_BINARY = {"type": "string", "contentMediaType": "application/octet-stream"}

_PICTURES = {
    "name": "pictures",
    "in": "query",
    "schema": {"type": "boolean", "default": False},
    "description": "Whether each digit comes with the picture that the network saw.",
}


def description_of(limits):
    """Return the description of an application with these limits.

    Parameters
    ----------
    limits : dict
        With "max_bytes" and "max_requests".
    """
    words = (
        "Reads handwritten digits. The body of a request has at most "
        f"{limits['max_bytes']:,} bytes."
    )
    read = _posted(
        "Read the digits of one picture.",
        {"type": "object", "properties": {"file": _BINARY}},
        "Reading",
    )
    several = {"type": "object", "properties": {"files": _array_of(_BINARY)}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "skdigits", "version": __version__, "description": words},
        "paths": {
            "/read": {"post": read | {"parameters": [_PICTURES]}},
            "/predict": {
                "post": _posted(
                    "Classify pictures of single digits, up to 1,000 in a form.",
                    several,
                    "Answers",
                )
            },
            "/info": {"get": _got("The card of the model, and the limits.")},
            "/healthz": {"get": _got("Whether the server lives.")},
            "/openapi.json": {"get": _got("This description.")},
        },
        "components": {
            "schemas": {
                "Digit": _DIGIT,
                "Reading": _READING,
                "Answer": _ANSWER,
                "Answers": _ANSWERS,
                "Error": _ERROR,
            }
        },
    }


def _array_of(schema):
    return {"type": "array", "items": schema}


def _posted(summary, form, answer):
    kinds = {
        "image/*": {"schema": _BINARY},
        "application/octet-stream": {"schema": _BINARY},
        "multipart/form-data": {"schema": form},
    }
    errors = {
        str(status): _response(words, "Error") for status, words in _ERRORS.items()
    }
    return {
        "summary": summary,
        "requestBody": {"required": True, "content": kinds},
        "responses": {"200": _response("The answer.", answer)} | errors,
    }


def _response(words, schema):
    reference = {"$ref": f"#/components/schemas/{schema}"}
    return {"description": words, "content": {_JSON: {"schema": reference}}}


def _got(summary):
    content = {_JSON: {"schema": {"type": "object"}}}
    return {
        "summary": summary,
        "responses": {"200": {"description": "As JSON.", "content": content}},
    }
