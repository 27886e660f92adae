"""Code that runs in a process of its own, with a time-out."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from textwrap import dedent

# Only to end a test that hangs.
PATIENCE = 100

# What would limit the threads of a worker whatever joblib grants.
LIMITS = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")


def run_python(code, *, patience=PATIENCE, **variables):
    """Run code in a fresh process that can import the helpers of the tests.

    Kill it and its workers if it hangs. Return its status and what it wrote to stdout
    and stderr.
    """
    environment = {key: os.environ[key] for key in os.environ if key not in LIMITS}
    process = subprocess.Popen(
        [sys.executable, "-c", dedent(code)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**environment, **variables},
        start_new_session=True,
    )
    try:
        out, error = process.communicate(timeout=patience)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    return process.returncode, out, error
