"""Host and origin check: whose requests are served, and headers for browsers."""

import re
from http import HTTPStatus
from ipaddress import ip_address

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse

# The page fetches nothing from elsewhere, and nobody else's page shows it or its
# answers.
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; "
        "img-src 'self' blob: data:; connect-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

_HOST = re.compile(r"(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+))(?::[0-9]{1,5})?")


class HostCheck:
    """Reject requests that may come from a page of another site.

    Such a page may send requests itself, with its own address as their origin. Or its
    host name may be made to point to this machine, as in DNS rebinding. A host name is
    therefore accepted only if it is known; IP addresses are accepted, because they
    cannot be rebound.

    Parameters
    ----------
    app : ASGI application

    hosts : iterable of str
        Names of this machine, in addition to localhost.

    origins : iterable of str
        Allowed origins, such as "https://example.org"; "*" allows all.
    """

    def __init__(self, app, hosts, origins):
        self.app = app
        self.hosts = {"localhost", *(name.lower() for name in hosts)}
        self.origins = set(origins)

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.app(scope, receive, send)

        async def send_with_headers(message):
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        refusal = self._refusal(Headers(scope=scope))
        await (refusal or self.app)(scope, receive, send_with_headers)

    def _refusal(self, headers):
        host = headers.get("host", "")
        if not self._is_ours(host):
            return _error(
                HTTPStatus.BAD_REQUEST,
                f"Got the host {host!r}, but expected a name of this machine. Start "
                "the server with --allow-host for another one.",
            )
        origin = headers.get("origin")
        if origin is None or self._is_allowed(origin, host):
            return None
        return _error(
            HTTPStatus.FORBIDDEN,
            f"Got a request from a page of {origin!r}, but expected one of this "
            "server. Start it with --allow-origin for another one.",
        )

    def _is_ours(self, host):
        match = _HOST.fullmatch(host)
        if match is None:
            return False
        address, name = match.groups()
        return (name or "").lower() in self.hosts or _is_number(address or name)

    def _is_allowed(self, origin, host):
        if not self.origins.isdisjoint((origin, "*")):
            return True
        # only a proxy before this server can tell whether it came over TLS
        return origin.partition("://")[2].lower() == host.lower()


def _is_number(name):
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _error(status, sentence):
    return JSONResponse({"error": sentence}, status)
