"""A server of its own for a test, as a user starts it."""

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from http.client import HTTPConnection
from urllib.parse import urlsplit

# Long enough for any machine; a test that fails must end all the same.
PATIENCE = 60


@contextmanager
def serving(*options, code=None):
    """Run ``skdigits serve``, or Python code that prints the address first.

    Gives the process and the address; the process is ended by SIGTERM, unless it has
    ended before.
    """
    command = (
        [sys.executable, "-c", code] if code else [sys.executable, "-m", "skdigits"]
    )
    arguments = [] if code else ["serve", "--port", "0", *options]
    process = subprocess.Popen(
        [*command, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    try:
        address = process.stdout.readline().split(" ")[0].strip()
        assert address.startswith("http://"), process.stderr.read()
        yield process, address
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)
        process.stdout.close()
        process.stderr.close()


def connect(address):
    parts = urlsplit(address)
    return HTTPConnection(parts.hostname, parts.port, timeout=PATIENCE)


def ask(address, method, path, body=None, headers=None):
    """Return status, headers and body of the answer to one request."""
    connection = connect(address)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()
