"""Answers over HTTP: what they say, whom they are given, and what is refused."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from base64 import b64encode, encodebytes
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException as BrokenAnswer
from io import BytesIO
from types import SimpleNamespace
from urllib.parse import urlsplit

import anyio
import numpy as np
import psutil
import pytest
from _serving import PATIENCE, ask, connect, serving
from _sheets import blank, draw, photographed, write
from PIL import Image
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

import skdigits
from skdigits.cli import main
from skdigits.serving import create_app
from skdigits.serving._request_body import RequestBodies
from skdigits.serving._worker_pool import WorkerPool

pytestmark = pytest.mark.slow

PNG = {"Content-Type": "image/png"}


@pytest.fixture(scope="module")
def server():
    with serving("--n-jobs", "2") as running:
        yield running
    process, _ = running
    assert process.returncode == 0


@pytest.fixture
def address(server):
    return server[1]


def content_of(image, format="PNG"):
    content = BytesIO()
    image.save(content, format)
    return content.getvalue()


def sheet(text):
    image = blank()
    write(image, text)
    return image


def form(*files, boundary="limit"):
    """Return the body of a form and its headers."""
    body = b""
    for name, content in files:
        body += f"--{boundary}\r\nContent-Disposition: form-data; ".encode()
        body += f'name="file"; filename="{name}"\r\n\r\n'.encode() + content + b"\r\n"
    kind = f"multipart/form-data; boundary={boundary}"
    return body + f"--{boundary}--\r\n".encode(), {"Content-Type": kind}


def told(answer):
    """Return the JSON of an answer of status 200."""
    status, headers, body = answer
    assert status == 200 and headers["Content-Type"] == "application/json", body
    return json.loads(body)


def refused(answer, status):
    """Return the sentence of an answer of another status."""
    assert answer[0] == status, answer
    document = json.loads(answer[2])
    assert list(document) == ["error"] and "\n" not in document["error"]
    return document["error"]


class TestAnswers:
    def test_read_says_what_the_command_says(self, address, tmp_path, capsys):
        path = tmp_path / "sheet.jpg"
        Image.fromarray(photographed(sheet("407"))).save(path)
        content = path.read_bytes()
        with pytest.raises(SystemExit):
            main(["predict", "--json", str(path)])
        expected = json.loads(capsys.readouterr().out) | {"file": None}
        assert expected["text"] == "407"
        for kind in ("image/jpeg", "application/octet-stream"):
            headers = {"Content-Type": kind}
            assert told(ask(address, "POST", "/read", content, headers)) == expected
        body, headers = form(("sheet.jpg", content))
        answer = told(ask(address, "POST", "/read", body, headers))
        assert answer == expected | {"file": "sheet.jpg"}

    def test_read_with_what_the_network_saw(self, address):
        from base64 import b64decode

        image = sheet("52")
        path = "/read?images=true"
        answer = told(ask(address, "POST", path, content_of(image), PNG))
        forms = skdigits.read_digits(image).forms
        for digit, expected in zip(answer["digits"], forms, strict=True):
            kind, _, data = digit["image"].partition(",")
            assert kind == "data:image/png;base64"
            with Image.open(BytesIO(b64decode(data))) as seen:
                assert (np.asarray(seen) == expected).all()

    def test_a_rotation_is_followed(self, address):
        upside_down = content_of(sheet("52").rotate(180))
        path = "/read?rotation=180"
        answer = told(ask(address, "POST", path, upside_down, PNG))
        assert (answer["text"], answer["rotation"]) == ("52", 180)
        path = "/read?rotation=0"
        assert told(ask(address, "POST", path, upside_down, PNG))["rotation"] == 0

    def test_blank_paper(self, address):
        content = content_of(blank())
        answer = told(ask(address, "POST", "/read", content, PNG))
        assert answer == {"file": None, "text": "", "rotation": 0, "digits": []}

    def test_many_single_images(self, address):
        images = []
        for digit in range(10):
            images.append(blank(60, 80))
            draw(images[-1], digit, 15, 15)
        files = [(f"{i}.png", content_of(p)) for i, p in enumerate(images)]
        body, headers = form(*files, ("none.png", b"no image"))
        answers = told(ask(address, "POST", "/predict", body, headers))["predictions"]
        pipeline = skdigits.load_pretrained()
        probabilities = pipeline.predict_proba(images)
        assert [answer["file"] for answer in answers[:2]] == ["0.png", "1.png"]
        *answers, last = answers
        assert last["file"] == "none.png" and "cannot be decoded" in last["error"]
        for answer, row, label in zip(
            answers, probabilities, pipeline.predict(images), strict=True
        ):
            assert answer["label"] == label
            assert answer["confidence"] == pytest.approx(row.max(), abs=1e-4)
            labels = map(str, pipeline.classes_)
            expected = dict(zip(labels, row.tolist(), strict=True))
            assert answer["probabilities"] == pytest.approx(expected, abs=1e-4)

    def test_nobody_gets_the_answer_to_another_image(self, address):
        texts = [str(n) for n in (407, 12, 5, 98, 321, 60)]
        contents = [content_of(sheet(text)) for text in texts]
        expected = [skdigits.read_digits(sheet(text)).text for text in texts]
        assert len(set(expected)) == len(texts)

        def many(first):
            connection = connect(address)
            for i in range(first, first + 12):
                connection.request("POST", "/read", contents[i % 6], PNG)
                text = json.loads(connection.getresponse().read())["text"]
                assert text == expected[i % 6]
            connection.close()

        with ThreadPoolExecutor(16) as clients:
            list(clients.map(many, range(16)))

    def test_health_and_info(self, address):
        assert told(ask(address, "GET", "/healthz")) == {"status": "ok"}
        info = told(ask(address, "GET", "/info"))
        assert info["model"]["labels"] == [-1, *range(10)]
        assert info["card"]["test"]["accuracy"] > 0.99
        assert info["limits"] == {"max_bytes": 20_000_000, "max_requests": 128}
        assert "command" not in info["card"]
        assert os.path.dirname(skdigits.__file__) not in json.dumps(info)

    def test_the_description_is_true(self, address):
        document = told(ask(address, "GET", "/openapi.json"))
        schemas = document["components"]["schemas"]
        assert document["openapi"].startswith("3.1")
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                answer = ask(address, method.upper(), path)
                assert str(answer[0]) in operation["responses"], (path, answer)
        assert told(ask(address, "GET", "/openapi.json")) == document
        content = content_of(sheet("1"))
        answer = told(ask(address, "POST", "/read?images=true", content, PNG))
        assert set(answer) == set(schemas["Reading"]["properties"])
        assert set(answer["digits"][0]) == set(schemas["Digit"]["properties"])
        (answer,) = told(ask(address, "POST", "/predict", content, PNG))["predictions"]
        assert set(answer) | {"error"} == set(schemas["Prediction"]["properties"])

    def test_the_page_comes_with_its_policy(self, address):
        pages = "/", "/page.css", "/page.js", "/drawing.js", "/zip.js"
        for path in (*pages, "/docs", "/docs.js", "/swagger-ui.js", "/swagger-ui.css"):
            status, headers, body = ask(address, "GET", path)
            assert status == 200 and body
            assert "default-src 'none'" in headers["Content-Security-Policy"]
            assert headers["X-Content-Type-Options"] == "nosniff"
            if "swagger" not in path:
                assert b"http://" not in body and b"https://" not in body
        assert ask(address, "HEAD", "/")[0] == 200
        for part in ("bytes=0-1", "bytes=9-1", "bytes=-", "lines=1"):
            assert ask(address, "GET", "/", headers={"Range": part})[0] == 200

    def test_an_image_as_text_and_a_form_with_other_fields(self, address):
        content = content_of(sheet("52"))
        expected = told(ask(address, "POST", "/read", content, PNG))
        url = f"data:image/png;base64,{b64encode(content).decode()}"
        body = json.dumps({"image": url, "more": 1})
        headers = {"Content-Type": "application/json"}
        assert told(ask(address, "POST", "/read", body, headers)) == expected
        (prediction,) = told(ask(address, "POST", "/predict", body, headers))[
            "predictions"
        ]
        assert "label" in prediction
        body, headers = form(("a.png", content))
        field = b'--limit\r\nContent-Disposition: form-data; name="words"\r\n\r\nso\r\n'
        answer = told(ask(address, "POST", "/read", field + body, headers))
        assert answer == expected | {"file": "a.png"}

    def test_base64_with_line_breaks_and_an_upper_case_scheme(self, address):
        content = content_of(sheet("52"))
        url = f"DATA:image/png;BASE64,\r\n{encodebytes(content).decode()}"
        headers = {"Content-Type": "application/json"}
        answer = ask(address, "POST", "/read", json.dumps({"image": url}), headers)
        assert told(answer) == told(ask(address, "POST", "/read", content, PNG))

    @pytest.mark.parametrize(
        "body, problem",
        [
            (b"[", "invalid JSON"),
            (b"\xff", "invalid JSON"),
            (b"[]", "JSON without a data URL"),
            (b'{"image": 3}', "JSON without a data URL"),
            (b'{"image": "x"}', "JSON without a data URL"),
            (b'{"image": "a:,x"}', "JSON without a data URL"),
            (b'{"image": "data:;base64,!!!"}', "JSON with base64 that cannot be dec"),
            (b'{"image": "data:;base64,AA"}', "JSON with base64 that cannot be dec"),
            (b'{"image": "data:;base64,__-_"}', "JSON with base64 that cannot be dec"),
        ],
    )
    def test_json_without_an_image(self, address, body, problem):
        headers = {"Content-Type": "application/json"}
        answer = ask(address, "POST", "/read", body, headers)
        assert f"Got {problem}" in refused(answer, 400)

    def test_metrics(self, address):
        ask(address, "POST", "/read", b"x", PNG)
        ask(address, "GET", "/no/such/path")
        status, headers, body = ask(address, "GET", "/metrics")
        assert status == 200 and headers["Content-Type"].startswith("text/plain")
        lines = body.decode().splitlines()
        count = 'skdigits_requests_total{method="POST",path="/read",status="422"}'
        assert any(line.startswith(count) for line in lines)
        assert any('path="other",status="404"' in line for line in lines)
        bucket = 'request_seconds_bucket{le="0.1",path="/read"}'
        assert any(bucket in line for line in lines)
        answer = ask(address, "GET", "/metrics", headers={"Host": "other.example"})
        assert "Got the host 'other.example'" in refused(answer, 400)


class TestRefusals:
    @pytest.mark.parametrize(
        "path, body, headers, status, sentence",
        [
            ("/read", b"", PNG, 400, "Got a body without an image, but expected one"),
            ("/read", *form(), 400, "Got a body without an image"),
            ("/read", *form(("a", b"1"), ("b", b"2")), 400, "Got 2 images, but"),
            (
                "/read",
                b"--",
                {"Content-Type": "multipart/form-data"},
                400,
                "Got a form that cannot be read",
            ),
            ("/read?images=x", b"x", PNG, 400, "Got images='x', but expected true"),
            ("/read?rotation=x", b"x", PNG, 400, "rotation='x', but expected a whole"),
            ("/read?rotation=45", content_of(blank()), PNG, 422, "expected 0, 90, 180"),
            ("/read", b"x", {}, 415, "Got a body of the type '', but expected"),
            (
                "/read",
                b"{}",
                {"Content-Type": "application/json"},
                400,
                "Got JSON without a data URL, but expected",
            ),
            ("/read", b"x", PNG, 422, "Got an image, which cannot be decoded"),
            ("/read?a=1&images=x&b=2", b"x", PNG, 422, "Got the parameters ['a', 'b']"),
            ("/predict?images=true", b"x", PNG, 422, "Got the parameters ['images']"),
            ("/read", bytes(20_000_001), PNG, 413, "expected at most 20,000,000"),
            ("/predict", *form(*[("a", b"x")] * 1001), 400, "expected up to 1,000"),
        ],
    )
    def test_errors(self, address, path, body, headers, status, sentence):
        assert sentence in refused(ask(address, "POST", path, body, headers), status)

    def test_paths_and_methods(self, address):
        assert refused(ask(address, "GET", "/nothing"), 404) == "Not Found"
        answer = ask(address, "GET", "/read")
        assert refused(answer, 405) and answer[1]["Allow"] == "POST"
        for path in ("/../_app.py", "/page/index.html", "/%2e%2e/_app.py", "/read/"):
            assert ask(address, "GET", path)[0] == 404

    def test_what_predict_refuses(self, address):
        bomb = content_of(Image.new("1", (9000, 9000)))
        answer = ask(address, "POST", "/read", bomb, PNG)
        assert "of 9000 x 9000 pixels, but expected" in refused(answer, 422)
        floats = content_of(Image.fromarray(np.ones((4, 4), np.float32)), "TIFF")
        answer = ask(address, "POST", "/read", floats, {"Content-Type": "image/tiff"})
        assert "pixels of mode 'F'" in refused(answer, 422)

    def test_a_body_without_a_length_has_limits_too(self, address):
        connection = connect(address)
        chunks = (bytes(1_000_000) for _ in range(25))
        try:
            connection.request("POST", "/read", chunks, PNG, encode_chunked=True)
            answer = connection.getresponse()
            answer = answer.status, answer.headers, answer.read()
            assert "expected at most 20,000,000" in refused(answer, 413)
        finally:
            connection.close()


class TestGate:
    @pytest.mark.parametrize(
        "host, status",
        [
            ("localhost", 200),
            ("LOCALHOST:8000", 200),
            ("127.0.0.1:1", 200),
            ("192.168.1.7", 200),
            ("[::1]:8000", 200),
            ("evil.example", 400),
            ("localhost.evil.example", 400),
            ("evil@localhost", 400),
            ("localhost:80:80", 400),
            ("127.0.0.1.evil.example", 400),
            ("[localhost]", 400),
            ("", 400),
        ],
    )
    def test_host(self, address, host, status):
        answer = ask(address, "GET", "/healthz", headers={"Host": host})
        assert answer[0] == status
        if status == 400:
            assert f"Got the host {host!r}, but" in refused(answer, 400)

    @pytest.mark.parametrize(
        "origin", ["https://evil.example", "null", "http://localhost:1", "evil"]
    )
    def test_pages_of_others(self, address, origin):
        headers = PNG | {"Origin": origin}
        answer = ask(address, "POST", "/read", content_of(blank()), headers)
        assert f"Got a request from a page of {origin!r}" in refused(answer, 403)
        assert "Access-Control-Allow-Origin" not in answer[1]

    def test_own_page(self, address):
        headers = PNG | {"Origin": address}
        assert told(ask(address, "POST", "/read", content_of(blank()), headers))

    def test_allowed_hosts_and_origins(self):
        options = ["--allow-host", "Digits.example", "--n-jobs", "1"]
        origin = "https://example.org"
        with serving(*options, "--allow-origin", f"{origin}/") as (_, address):
            headers = {"Host": "digits.example", "Origin": origin}
            answer = ask(address, "GET", "/healthz", headers=headers)
            assert told(answer)
            assert answer[1]["Access-Control-Allow-Origin"] == origin
            preflight = {
                "Origin": origin,
                "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": "content-type",
            }
            answer = ask(address, "OPTIONS", "/read", headers=preflight)
            assert answer[0] == 200
            assert "content-type" in answer[1]["Access-Control-Allow-Headers"].lower()
            headers = {"Origin": "https://example.com"}
            refused(ask(address, "GET", "/healthz", headers=headers), 403)
            answer = ask(address, "OPTIONS", "/read", headers=preflight | headers)
            refused(answer, 403)


LIMITED = """
import asyncio, socket, uvicorn
from skdigits.serving import create_app
listening = socket.create_server(("127.0.0.1", 0))
print("http://127.0.0.1:%d " % listening.getsockname()[1], flush=True)
app = create_app(n_jobs=1, timeout=3, max_bytes=100_000)
uvicorn.Server(uvicorn.Config(app, log_level="warning")).run([listening])
"""


class TestLimits:
    def test_slow_clients_and_those_that_hang_up(self):
        head = (
            b"POST /read HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n"
            b"Content-Length: 9000\r\n\r\n"
        )
        with serving(code=LIMITED) as (process, address):
            parts = urlsplit(address)
            slow, gone = (
                socket.create_connection((parts.hostname, parts.port), PATIENCE)
                for _ in range(2)
            )
            for client in (slow, gone):
                client.sendall(head + b"x")
            gone.close()
            content = content_of(sheet("7"))
            assert told(ask(address, "POST", "/read", content, PNG))["text"] == "7"
            with slow, slow.makefile("rb") as answer:
                status, *_ = answer.readlines()
                assert status.split()[1] == b"408"
            process.send_signal(signal.SIGTERM)
            assert "Traceback" not in process.stderr.read()

    def test_bytes(self):
        with serving(code=LIMITED) as (_, address):
            answer = ask(address, "POST", "/read", bytes(100_001), PNG)
            assert "expected at most 100,000" in refused(answer, 413)

    def test_readers(self):
        """Too many wait not at all; what takes too long or dies takes nothing along."""

        async def gone():
            return {"type": "http.disconnect"}

        async def yes():
            return True

        async def no():
            return False

        request = SimpleNamespace(is_disconnected=no, receive=anyio.sleep_forever)
        left = SimpleNamespace(is_disconnected=yes, receive=gone)
        statuses = []

        async def run(*work):
            try:
                statuses.append(await readers.run(request, *work))
            except HTTPException as error:
                assert error.headers["Retry-After"] == "1"
                statuses.append(error.status_code)

        async def scene():
            nonlocal readers
            readers = WorkerPool(1, max_requests=2, timeout=1.5)
            async with anyio.create_task_group() as tasks:
                for _ in range(5):
                    tasks.start_soon(run, time.sleep, 60)
            assert statuses == [503] * 5
            statuses.clear()
            await run(os.abort)
            await run(abs, -7)
            assert statuses == [503, 7]
            # whoever has gone does not wait
            with pytest.raises(ClientDisconnect):
                await readers.run(left, abs, -7)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(run, time.sleep, 60)
                await anyio.wait_all_tasks_blocked()
                for _ in range(9):
                    with pytest.raises(ClientDisconnect):
                        await readers.run(left, abs, -7)

        readers = None
        anyio.run(scene)

    def test_what_is_held_at_the_same_time(self):
        async def scene():
            intake = RequestBodies(100, timeout=60)
            async with anyio.create_task_group() as tasks:
                for _ in range(25):
                    tasks.start_soon(keep, intake)
                await anyio.wait_all_tasks_blocked()
                with pytest.raises(
                    HTTPException, match="503: Got more than 2,500 bytes"
                ):
                    async with intake.files_of(request_of(b"x" * 100)):
                        pass
                tasks.cancel_scope.cancel()
            async with intake.files_of(request_of(b"x" * 100)) as files:
                assert files == [(None, b"x" * 100)]

        async def keep(intake):
            async with intake.files_of(request_of(b"x" * 100)):
                await anyio.sleep_forever()

        anyio.run(scene)

    def test_uploads_never_touch_the_disk(self, monkeypatch):
        def to_disk(*_, **__):
            raise AssertionError("a file was made")

        monkeypatch.setattr(tempfile, "TemporaryFile", to_disk)
        body, headers = form(("a.png", bytes(3_000_000)), ("b.png", b"b"))

        async def scene():
            request = request_of(body, headers["Content-Type"])
            async with RequestBodies(20_000_000, 60).files_of(request) as files:
                assert files == [("a.png", bytes(3_000_000)), ("b.png", b"b")]

        anyio.run(scene)


def request_of(body, kind="image/png"):
    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    headers = [(b"content-type", kind.encode())]
    return Request({"type": "http", "method": "POST", "headers": headers}, receive)


class TestTheProcess:
    @pytest.mark.skipif(os.name != "posix", reason="Windows has other signals")
    def test_ctrl_c_while_it_starts(self):
        """A terminal sends the signal to the processes that read too."""
        process = subprocess.Popen(
            [sys.executable, "-m", "skdigits", "serve", "--port", "0", "--n-jobs", "1"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            while process.poll() is None and not psutil.Process(process.pid).children():
                time.sleep(0.01)
            os.killpg(process.pid, signal.SIGINT)
            _, error = process.communicate(timeout=PATIENCE)
        finally:
            process.kill()
        assert (process.returncode, error) == (0, "")

    @pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
    def test_it_ends_cleanly(self, name):
        with serving("--n-jobs", "2") as (process, address):
            told(ask(address, "GET", "/healthz"))
            children = psutil.Process(process.pid).children()
            assert len(children) == 2
            # Ctrl-C reaches all processes of a terminal
            for child in children:
                child.send_signal(getattr(signal, name))
            told(ask(address, "POST", "/read", content_of(sheet("4")), PNG))
            process.send_signal(getattr(signal, name))
            assert process.wait(PATIENCE) == 0
            assert process.stderr.read() == ""
        gone, alive = psutil.wait_procs(children, PATIENCE)
        assert not alive

    def test_the_answers_under_way_are_given(self):
        content = content_of(sheet("93"))
        lost, answered, started = [], [], threading.Barrier(9)

        def go_on(address):
            connection = connect(address)
            started.wait()
            while True:
                try:
                    connection.request("POST", "/read", content, PNG)
                    answer = connection.getresponse()
                except (OSError, BrokenAnswer):
                    return  # not accepted any more
                try:
                    document = json.loads(answer.read())
                    answered.append(document["text"])
                except (OSError, BrokenAnswer, ValueError) as error:
                    lost.append(error)

        with serving() as (process, address):
            clients = [threading.Thread(target=go_on, args=[address]) for _ in range(8)]
            for client in clients:
                client.start()
            started.wait()
            time.sleep(0.5)
            process.send_signal(signal.SIGTERM)
            for client in clients:
                client.join(PATIENCE)
            assert process.wait(PATIENCE) == 0
        assert lost == [] and set(answered) == {"93"}

    def test_no_tensorflow(self):
        code = (
            "import sys\n"
            "from skdigits.serving import create_app\n"
            "from skdigits.serving._worker import get_ready\n"
            "from skdigits.reading import PRETRAINED\n"
            "create_app()\n"
            "get_ready(str(PRETRAINED))\n"
            "heavy = {'keras', 'tensorflow', 'sklearn', 'pandas', 'matplotlib'}\n"
            "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
        )
        subprocess.run([sys.executable, "-c", code], check=True)

    def test_a_process_that_reads_has_one_thread(self):
        """There is one on every core, so that more threads would only be in the way."""
        code = (
            "import onnxruntime\n"
            "from skdigits.reading import PRETRAINED\n"
            "from skdigits.serving._worker import get_ready\n"
            "threads, session = [], onnxruntime.InferenceSession\n"
            "def recorded(graph, options, **others):\n"
            "    threads.append(options.intra_op_num_threads)\n"
            "    return session(graph, options, **others)\n"
            "onnxruntime.InferenceSession = recorded\n"
            "get_ready(str(PRETRAINED))\n"
            "assert set(threads) == {1}, threads\n"
        )
        environment = {k: v for k, v in os.environ.items() if k != "OMP_NUM_THREADS"}
        subprocess.run([sys.executable, "-c", code], check=True, env=environment)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"min_confidence": 2}, "Got min_confidence=2, but expected"),
        ({"n_jobs": 0}, "Got n_jobs=0, but expected a number of processes"),
        ({"n_jobs": "x"}, "Got n_jobs='x', but expected a number of processes"),
        ({"n_jobs": 10**9}, "Got n_jobs=1000000000, but .* at most 1,024, or -1"),
        ({"model": 3}, "Got path=3, but expected a path"),
        ({"allow_hosts": "a.example"}, "Got allow_hosts='a.example', but expected a"),
        ({"allow_origins": [3]}, r"Got allow_origins=\[3\], but expected a list"),
        ({"allow_origins": ["a.example"]}, "Got the origin 'a.example' to allow, but"),
        ({"allow_origins": ["https://a.example/b"]}, "Got the origin .* without a pa"),
        ({"timeout": 0}, "Got timeout=0, but expected"),
        ({"max_bytes": 0}, "Got max_bytes=0, but expected"),
        ({"max_requests": 0}, "Got max_requests=0, but expected"),
    ],
)
def test_options_are_checked(options, message):
    with pytest.raises(ValueError, match=message):
        create_app(**options)


def test_models_are_checked(fitted, tmp_path):
    skdigits.save(fitted, tmp_path / "small.safetensors")
    with pytest.raises(ValueError, match="Got a model for images of 8 x 8 pixels"):
        create_app(tmp_path / "small.safetensors")
    with pytest.raises(FileNotFoundError, match="but expected an existing file"):
        create_app("nothing")


def test_the_command_says_what_is_wrong(capsys, address):
    port = address.rpartition(":")[2]
    for arguments, sentence in (
        (["--port", port], "where the server cannot listen (Address already in use"),
        (["--port", "99999"], "where the server cannot listen (bind(): port must be"),
        (["--host", ""], "Got host='', but expected an address. Pass 0.0.0.0 for"),
        (
            ["--host", "a\0b"],
            "where the server cannot listen (host name must not contain",
        ),
        (["--host", "no.such.host.invalid"], "where the server cannot listen ("),
        (["--model", "nothing"], "Got path='nothing', but expected an existing file"),
        (["--allow-origin", "a.example"], "Got the origin 'a.example' to allow, but"),
    ):
        with pytest.raises(SystemExit) as end:
            main(["serve", *arguments])
        out, err = capsys.readouterr()
        assert (end.value.code, out) == (1, "")
        assert sentence in err and err.startswith("Error: ") and err.count("\n") == 1


def test_the_extra_may_be_missing(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    monkeypatch.delitem(vars(skdigits.serving), "create_app")
    monkeypatch.delitem(sys.modules, "skdigits.cli._serve", raising=False)
    with pytest.raises(SystemExit):
        main(["serve"])
    assert "pip install 'skdigits[serve]'" in capsys.readouterr().err


class TestHostile:
    """What nobody sends in good faith, from a seeded generator."""

    def pieces(self, rng):
        png = content_of(sheet("3"))
        jpeg = content_of(sheet("3"), "JPEG")
        damaged = bytearray(rng.choice([png, jpeg]))
        for _ in range(rng.randrange(1, 40)):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        return [
            bytes(damaged),
            png[: rng.randrange(len(png))],
            jpeg + rng.randbytes(100),
            rng.randbytes(rng.randrange(3000)),
            b"P5 99999999 99999999 255\n",
            b"P2 3 3 255\n" + b"9" * rng.randrange(5000),
            b"GIF89a\xff\xff\xff\xff" + rng.randbytes(50),
            b"RIFF\xff\xff\xff\xffWEBPVP8 " + rng.randbytes(50),
            b"II*\0" + rng.randbytes(60),
            b"--limit\r\n" * rng.randrange(200),
            form((rng.choice(["a\0b", "../../x", "é" * 300, '"']), png))[0],
            form(("a.png", rng.randbytes(300)))[0][: -rng.randrange(1, 40)],
            b'{"image": [' * 1000,
            b"",
        ]

    def headers(self, rng):
        kinds = [
            *["image/png", "image/*", "application/octet-stream", "text/html", ""],
            *["multipart/form-data; boundary=limit", "multipart/form-data"],
            "multipart/form-data; boundary=" + "x" * 300,
            "multipart/form-data; boundary=limit; charset=\xff\xfe",
            "multipart/form-data; boundary=limit; charset=utf-16",
        ]
        others = [
            "Host: evil.example",
            "Origin: http://[::1",
            "Origin: null",
            "Expect: 100-continue",
            "Content-Encoding: gzip",
            "X-Forwarded-For: 1\t2",
            "Range: bytes=0-1",
            "Cookie: " + "y" * rng.randrange(3000),
            "Transfer-Encoding: chunked",
            "Content-Length: -1",
            "Content-Length: 99999999999999999999",
            "Upgrade: websocket\r\nConnection: Upgrade",
            "No colon at all",
            "A: " + "z" * 70000,
        ]
        lines = [f"Content-Type: {rng.choice(kinds)}"]
        if rng.random() < 0.4:
            lines.append(rng.choice(others))
        return lines

    def request(self, rng):
        paths = ["/read", "/read?images=true", "/predict"] * 12
        paths += ["/%00", "//", "/read?images=%ff", "*", "/\xe9", "http://evil/read"]
        body = rng.choice(self.pieces(rng))
        lines = self.headers(rng)
        if not any(line.startswith(("Content-Length", "Transfer")) for line in lines):
            lines.append(f"Content-Length: {len(body)}")
        if not any(line.startswith("Host") for line in lines) and rng.random() < 0.95:
            lines.append("Host: localhost")
        method = rng.choice(["POST"] * 30 + ["GET", "PUT", "DELETE", "\x01", "A" * 99])
        start = f"{method} {rng.choice(paths)} HTTP/1.1"
        head = "\r\n".join([start, *lines, "Connection: close", "", ""])
        return head.encode("latin-1") + body

    def test_no_500_and_no_traceback(self):
        rng = random.Random(0)
        requests = [self.request(rng) for _ in range(500)]
        statuses = {}
        with serving(code=LIMITED) as (process, address):
            # a pipe that is full would hold up the server
            log = threading.Thread(target=process.stderr.read)
            log.start()
            with ThreadPoolExecutor(16) as clients:
                answers = clients.map(lambda each: exchange(address, each), requests)
                for request, answer in zip(requests, answers, strict=True):
                    head, _, body = last_of(answer).partition(b"\r\n\r\n")
                    status = int(head.split()[1])
                    assert status != 500, (request[:300], answer)
                    assert b"Traceback" not in answer and b".py" not in body
                    if status >= 400 and b"application/json" in head:
                        assert set(json.loads(body)) == {"error"}
                    statuses[status] = statuses.get(status, 0) + 1
            told(ask(address, "GET", "/healthz"))
            assert process.poll() is None
        log.join(PATIENCE)
        assert {200, 400, 403, 404, 405, 408, 413, 415, 422} <= set(statuses), statuses


def last_of(answer):
    """Return the answer without "100 Continue" before it."""
    return answer.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")


def exchange(address, request):
    """Send bytes, and return what comes until the server closes the connection."""
    parts = urlsplit(address)
    with socket.create_connection((parts.hostname, parts.port), PATIENCE) as client:
        answer = b""
        try:
            client.sendall(request)
            while part := client.recv(2**16):
                answer += part
        except ConnectionError:
            pass
        return answer
