"""The worker pool: processes that read images, and the requests waiting for them."""

from functools import partial

from anyio import (
    BrokenWorkerProcess,
    CapacityLimiter,
    Semaphore,
    create_task_group,
    fail_after,
    move_on_after,
)
from anyio.to_process import run_sync
from starlette.requests import ClientDisconnect

from skdigits.serving._http_errors import unavailable
from skdigits.serving._worker import get_ready


class WorkerPool:
    """Separate processes for work on images from other people.

    A process that takes too long is killed, and one that dies is replaced; neither
    blocks the server. Create the pool in an event loop.

    Parameters
    ----------
    n_jobs : int
        Number of processes.

    max_requests : int
        Maximum number of requests that are processed or wait at the same time.

    timeout : float
        Maximum number of seconds that a request may wait, and separately that it may be
        processed.
    """

    def __init__(self, n_jobs, max_requests, timeout):
        self.n_jobs = n_jobs
        self.max_requests = max_requests
        self.timeout = timeout
        self._n_requests = 0
        # whoever has a turn finds a process free
        self._turns = Semaphore(n_jobs)
        processes = CapacityLimiter(n_jobs)
        self._run = partial(run_sync, cancellable=True, limiter=processes)

    async def start(self, model):
        """Start all processes, and have them load the model."""
        async with create_task_group() as tasks:
            for _ in range(self.n_jobs):
                tasks.start_soon(self._run, get_ready, model)

    async def run(self, request, function, *arguments):
        """Return what a function returns in one of the processes.

        Raises
        ------
        HTTPException
            503 if there are too many requests, or the time is over.
        ClientDisconnect
            If nobody waits for the response any more.
        """
        if self._n_requests >= self.max_requests:
            raise unavailable(
                f"Got more than {self.max_requests:,} requests at the same time, but "
                "expected no more than that."
            )
        self._n_requests += 1
        try:
            await self._wait_for_turn(request)
            try:
                if await request.is_disconnected():
                    raise ClientDisconnect
                with fail_after(self.timeout):
                    return await self._run(function, *arguments)
            finally:
                self._turns.release()
        except TimeoutError:
            raise unavailable(
                f"Got no response within {self.timeout:g} s, but expected one."
            ) from None
        except BrokenWorkerProcess:
            raise unavailable(
                "Got no response from the worker process, but expected one."
            ) from None
        finally:
            self._n_requests -= 1

    async def _wait_for_turn(self, request):
        """Wait until a process is free, as long as somebody waits for the response."""
        has_turn = False
        async with create_task_group() as tasks:
            tasks.start_soon(_cancel_if_gone, request, tasks.cancel_scope)
            with move_on_after(self.timeout):
                await self._turns.acquire()
                has_turn = True
            tasks.cancel_scope.cancel()
        if not has_turn:
            gone = await request.is_disconnected()
            raise ClientDisconnect if gone else TimeoutError


async def _cancel_if_gone(request, scope):
    while (await request.receive())["type"] != "http.disconnect":
        pass
    scope.cancel()
