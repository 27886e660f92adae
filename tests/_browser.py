"""Chromium without a window, driven over the DevTools protocol through two pipes."""

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import time

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")

QUIET = (
    "--headless --disable-gpu --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-extensions"
).split()
PATIENCE = 60


class Browser:
    """One page of Chromium, with what it logs and asks for.

    Attributes
    ----------
    console : list of str
        Lines of the console, exceptions and refused requests.

    requests : list of str
        The addresses that the page has asked for.
    """

    def __init__(self, profile, width=1100, height=800):
        self.console, self.requests = [], []
        self._n_sent, self._rest = 0, b""
        reads, self._writes = os.pipe()
        self._reads, writes = os.pipe()
        # the numbers under which Chromium expects them must not be in use
        ends = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (reads, writes)]
        command = [CHROMIUM, *QUIET, "--remote-debugging-pipe"]
        command += [f"--user-data-dir={profile}", "about:blank"]
        if os.geteuid() == 0:
            command.insert(1, "--no-sandbox")
        self._process = subprocess.Popen(
            command,
            stderr=subprocess.DEVNULL,
            preexec_fn=lambda: [os.dup2(end, n) for n, end in enumerate(ends, 3)],
            pass_fds=(3, 4),
        )
        for end in (reads, writes, *ends):
            os.close(end)
        target = self._send("Target.createTarget", url="about:blank")["targetId"]
        attached = self._send("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "DOM"):
            self.do(f"{domain}.enable")
        self.resize(width, height)

    def resize(self, width, height, scale=1):
        metrics = {"width": width, "height": height, "deviceScaleFactor": scale}
        self.do("Emulation.setDeviceMetricsOverride", mobile=width < 500, **metrics)

    def dark(self, is_dark):
        feature = {
            "name": "prefers-color-scheme",
            "value": "dark" if is_dark else "light",
        }
        self.do("Emulation.setEmulatedMedia", features=[feature])

    def open(self, address):
        self.do("Page.navigate", url=address)
        self.wait_for("document.readyState === 'complete'")

    def do(self, method, **params):
        return self._send(method, self._session, **params)

    def run(self, script):
        """Return the value of an expression in the page."""
        options = {"awaitPromise": True, "returnByValue": True}
        result = self.do("Runtime.evaluate", expression=script, **options)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def wait_for(self, script):
        end = time.monotonic() + PATIENCE
        while not self.run(script):
            assert time.monotonic() < end, f"never: {script}"
            time.sleep(0.02)

    def press(self, key, **modifiers):
        named = {"key": key, "text": key if len(key) == 1 else "", **modifiers}
        if key == "Enter":
            named |= {"text": "\r", "windowsVirtualKeyCode": 13}
        if modifiers:
            named.pop("text")
        self.do("Input.dispatchKeyEvent", type="keyDown", **named)
        self.do("Input.dispatchKeyEvent", type="keyUp", **named)

    def stroke(self, points, kind="mouse"):
        """Draw a line with the mouse, a pen or a finger, all in pixels of the page."""
        if kind == "touch":
            return self._touch(points)
        options = {"button": "left", "pointerType": kind, "clickCount": 1}
        first, last = points[0], points[-1]
        self._mouse("mousePressed", first, buttons=1, **options)
        for point in points[1:]:
            self._mouse("mouseMoved", point, buttons=1, **options)
        self._mouse("mouseReleased", last, buttons=0, **options)

    def _mouse(self, type, point, **options):
        x, y = point
        self.do("Input.dispatchMouseEvent", type=type, x=x, y=y, **options)

    def _touch(self, points):
        for n, (x, y) in enumerate(points):
            type = "touchMove" if n else "touchStart"
            touches = [{"x": x, "y": y}]
            self.do("Input.dispatchTouchEvent", type=type, touchPoints=touches)
        self.do("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])

    def screenshot(self, path):
        shot = self.do("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(shot["data"]))

    def close(self):
        self._process.terminate()
        self._process.wait(PATIENCE)
        os.close(self._reads)
        os.close(self._writes)

    def _send(self, method, session=None, **params):
        self._n_sent += 1
        number = self._n_sent
        message = {"id": number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        os.write(self._writes, json.dumps(message).encode() + b"\0")
        while True:
            said = self._receive()
            if said.get("id") == number:
                assert "error" not in said, (method, said["error"])
                return said["result"]
            self._note(said)

    def _receive(self):
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._reads], [], [], PATIENCE)
            assert ready, "Chromium says nothing"
            self._rest += os.read(self._reads, 2**16)
        said, _, self._rest = self._rest.partition(b"\0")
        return json.loads(said)

    def _note(self, said):
        method, params = said.get("method"), said.get("params")
        if method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif method == "Runtime.consoleAPICalled":
            self.console.append(str([arg.get("value") for arg in params["args"]]))
        elif method == "Runtime.exceptionThrown":
            self.console.append(str(params["exceptionDetails"]))
        elif method == "Log.entryAdded":
            self.console.append(params["entry"]["text"])
