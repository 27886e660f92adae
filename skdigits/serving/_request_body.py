"""The bodies of requests, with limits on size and time, and never stored on disk."""

import json
import logging
from base64 import b64decode
from contextlib import asynccontextmanager
from http import HTTPStatus

from anyio import fail_after
from python_multipart.exceptions import FormParserError
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser

from skdigits.serving._http_errors import unavailable

# What it logs of a damaged form would else be printed.
logging.getLogger("python_multipart").addHandler(logging.NullHandler())

# All that is being sent or waits is at most so many of the largest requests.
HELD = 25

MAX_FILES, MAX_FIELDS = 1000, 100


class RequestBodies:
    """Read the images of requests.

    Parameters
    ----------
    max_bytes : int
        Maximum size of one request.

    timeout : float
        Maximum number of seconds until a request has been sent.
    """

    def __init__(self, max_bytes, timeout):
        self.max_bytes = max_bytes
        self.timeout = timeout
        self._n_bytes = 0

    @asynccontextmanager
    async def files_of(self, request):
        """Read the files of a request; they count as held until the context ends.

        Returns
        -------
        list of (name, content)
            The name of a bare image is None.

        Raises
        ------
        HTTPException
            400, 408, 413, 415 or 503.
        """
        request.state.n_bytes = 0
        try:
            yield await self._files(request)
        finally:
            self._n_bytes -= request.state.n_bytes

    async def _files(self, request):
        kind = request.headers.get("content-type", "")
        kind = kind.partition(";")[0].strip().lower()
        if kind == "multipart/form-data":
            read = self._of_form
        elif kind == "application/json":
            read = self._of_json
        elif kind.startswith(("image/", "application/octet-stream")):
            read = self._of_body
        else:
            raise HTTPException(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
                f"Got a body of the type {kind!r}, but expected an image, or a form "
                "with images. Send it as image/png, say, or as multipart/form-data.",
            )
        try:
            with fail_after(self.timeout):
                files = await read(request)
        except TimeoutError:
            raise HTTPException(
                HTTPStatus.REQUEST_TIMEOUT,
                f"Got only part of a body within {self.timeout:g} s, but "
                "expected all of it. Send a smaller image, or use a faster "
                "connection.",
                headers={"Connection": "close"},
            ) from None
        if not any(content for _, content in files):
            raise HTTPException(
                HTTPStatus.BAD_REQUEST,
                "Got a body without an image, but expected one. Send the content of "
                "a file.",
            )
        return files

    async def _of_body(self, request):
        chunks = [chunk async for chunk in self._chunks(request)]
        return [(None, b"".join(chunks))]

    async def _of_json(self, request):
        ((_, content),) = await self._of_body(request)
        problem = "invalid JSON"
        try:
            document = json.loads(content)
            problem = "JSON without a data URL"
            kind, encoded = document["image"].split(",", 1)
            kind = kind.lower()
            if not (kind.startswith("data:") and kind.endswith(";base64")):
                raise ValueError("it is not one")
            problem = "JSON with base64 that cannot be decoded"
            # many encoders break lines
            return [(None, b64decode("".join(encoded.split()), validate=True))]
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            raise HTTPException(
                HTTPStatus.BAD_REQUEST,
                f"Got {problem}, but expected "
                '{"image": "data:image/png;base64,…"}. Send that, or the file itself.',
            ) from None

    async def _of_form(self, request):
        parser = MultiPartParser(
            request.headers,
            self._chunks(request),
            max_files=MAX_FILES,
            max_fields=MAX_FIELDS,
        )
        # above it, a part would go to a file
        parser.spool_max_size = self.max_bytes + 1
        try:
            form = await parser.parse()
        except (MultiPartException, FormParserError) as error:
            raise HTTPException(
                HTTPStatus.BAD_REQUEST,
                f"Got a form that cannot be read ({str(error).rstrip('.')}), but "
                f"expected up to {MAX_FILES:,} files and {MAX_FIELDS} text fields. "
                "Send it as browsers do.",
            ) from None
        try:
            parts = [part for _, part in form.multi_items() if hasattr(part, "read")]
            return [(part.filename, await part.read()) for part in parts]
        finally:
            await form.close()

    async def _chunks(self, request):
        """Yield what is sent, up to the limit."""
        declared = request.headers.get("content-length", "0")
        self._check_size(int(declared))
        async for chunk in request.stream():
            self._check_size(request.state.n_bytes + len(chunk))
            limit = HELD * self.max_bytes
            if self._n_bytes + len(chunk) > limit:
                raise unavailable(
                    f"Got more than {limit:,} bytes at the same time, but expected no "
                    "more than that."
                )
            self._n_bytes += len(chunk)
            request.state.n_bytes += len(chunk)
            yield chunk

    def _check_size(self, n_bytes):
        if n_bytes > self.max_bytes:
            raise HTTPException(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"Got a body of at least {n_bytes:,} bytes, but expected at most "
                f"{self.max_bytes:,}. Send a smaller image, or fewer at once.",
            )
