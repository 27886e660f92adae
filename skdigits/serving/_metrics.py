"""GET /metrics: number, status and duration of requests, for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from starlette.responses import Response

KIND = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """ASGI middleware that counts requests and the seconds that they take.

    Parameters
    ----------
    app : ASGI application

    paths : collection of str
        Paths that are counted separately. All others are counted as "other", so that
        clients cannot create labels.
    """

    def __init__(self, app, paths):
        self.app, self.paths = app, frozenset(paths)
        self.registry = CollectorRegistry()
        labels = ("method", "path", "status")
        self.requests = Counter(
            "skdigits_requests", "Requests.", labels, registry=self.registry
        )
        self.seconds = Histogram(
            "skdigits_request_seconds", "Time.", ("path",), registry=self.registry
        )

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        scope["metrics"] = self.registry
        path = scope["path"] if scope["path"] in self.paths else "other"
        method = scope["method"] if scope["method"] in _METHODS else "other"
        status = 500

        async def send_and_note(message):
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            with self.seconds.labels(path).time():
                await self.app(scope, receive, send_and_note)
        finally:
            self.requests.labels(method, path, status).inc()


async def metrics(request):
    """Respond to GET /metrics."""
    return Response(generate_latest(request.scope["metrics"]), media_type=KIND)


_METHODS = frozenset({"GET", "POST", "HEAD", "OPTIONS"})
