"""How a server answers many at once, and what becomes of it among bad clients.

Run by hand:

    python tests/benchmarks/bench_serve.py
    python tests/benchmarks/bench_serve.py --seconds 60 --photos FOLDER

A server of its own gets images over many connections, each of which sends the next
image when it has the last answer. Every answer is compared with that of read_digits.
Images are drawn by code; --photos names a folder of others. In "bad clients", some
hang up before their answer, some send one byte a second, and one sends 1 GB without
saying so, all the time. At last the server is ended by SIGTERM while all connections
send: an answer that breaks off is lost, a connection that is closed before it begins
was not accepted any more.
"""

import argparse
import asyncio
import json
import os
import random
import statistics
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from tempfile import NamedTemporaryFile
from time import perf_counter, process_time, sleep

import psutil
from PIL import Image

sys.path.insert(0, str(Path(__file__).parent.parent))

from _serving import ask, serving  # noqa: E402
from _sheets import blank, draw, photographed, write  # noqa: E402

from skdigits import read_digits  # noqa: E402
from skdigits.images._decode import SUFFIXES  # noqa: E402
from skdigits.reading import as_plain  # noqa: E402

PAUSE = 0.05


class Closed(Exception):
    """The server closed the connection before an answer began."""


def small_images(n=200):
    """Return PNG files of 28 x 28 pixels, dark digits on light paper."""
    rng = random.Random(0)
    files = []
    for i in range(n):
        image = blank(28, 28)
        left, top, height = (
            rng.randrange(5, 10),
            rng.randrange(2, 6),
            rng.randrange(16, 22),
        )
        draw(image, i % 10, left, top, height, pen=rng.randrange(2, 4))
        files.append(encoded(image, "PNG"))
    return files


def drawn_photos(n=12):
    """Return JPEG files of 1600 x 1200 pixels, three numbers in shadow on each."""
    rng = random.Random(0)
    files = []
    for i in range(n):
        sheet = blank(1600, 1200)
        for line in range(3):
            text = str(rng.randrange(1000, 100000))
            write(sheet, text, left=150, top=150 + 330 * line, height=150, pen=12)
        files.append(encoded(Image.fromarray(photographed(sheet, seed=i)), "JPEG"))
    return files


def encoded(image, kind):
    content = BytesIO()
    image.save(content, kind)
    return content.getvalue()


def files_in(folder):
    paths = sorted(p for p in Path(folder).rglob("*") if p.suffix.lower() in SUFFIXES)
    return [path.read_bytes() for path in paths]


def image_of(content):
    with Image.open(BytesIO(content)) as image:
        image.load()
        return image


def expected_of(content):
    """Return what read_digits says of a file, as JSON holds it."""
    with NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        reading = read_digits(file.name)
    return {"file": None} | as_plain(reading)


def head_of(length, path="/read"):
    return (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/x\r\n"
        f"Content-Length: {length}\r\n\r\n"
    ).encode()


async def one_answer(reader):
    """Return the status and the document of one answer."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise
        raise Closed from None
    except ConnectionError:
        raise Closed from None
    lines = head.decode().lower().split("\r\n")
    length = next(
        int(line[15:]) for line in lines if line.startswith("content-length:")
    )
    body = await reader.readexactly(length)
    return int(lines[0].split()[1]), json.loads(body)


class Tally:
    """What came of the requests of one scene."""

    def __init__(self):
        self.seconds, self.health = [], []
        self.wrong = self.lost = self.closed = self.refused = 0
        self.megabytes = []

    def lines(self):
        def ms(values, share):
            ranked = sorted(values)
            return 1000 * ranked[min(len(ranked) - 1, int(share * len(ranked)))]

        yield (
            f"{len(self.seconds) / self.wall:.1f} requests a second, median "
            f"{ms(self.seconds, 0.5):.0f} ms, 99 % {ms(self.seconds, 0.99):.0f} ms; "
            f"{1000 * self.cpu / len(self.seconds):.2f} ms of one core each"
        )
        yield (
            f"{len(self.seconds):,} answers: {self.wrong} wrong, {self.lost} lost, "
            f"{self.refused} refused, {self.closed} not accepted"
        )
        if self.health:
            yield (
                f"healthz: median {ms(self.health, 0.5):.1f} ms, "
                f"99 % {ms(self.health, 0.99):.1f} ms, most {ms(self.health, 1):.1f} ms"
            )
        if len(self.megabytes) >= 10:
            tenth = len(self.megabytes) // 10
            first, last = (
                statistics.mean(part)
                for part in (self.megabytes[tenth : 2 * tenth], self.megabytes[-tenth:])
            )
            yield (
                f"memory: {first:.0f} MB in the second tenth of the time, "
                f"{last:.0f} MB in the last one"
            )


async def client(port, cases, first, end, tally):
    """Send one image after another until the time ``end``."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        i = first
        while perf_counter() < end:
            content, expected = cases[i % len(cases)]
            i += 1
            start = perf_counter()
            try:
                writer.write(head_of(len(content)) + content)
                status, document = await one_answer(reader)
            except Closed:
                tally.closed += 1
                return
            except (ConnectionError, asyncio.IncompleteReadError):
                tally.lost += 1
                return
            tally.seconds.append(perf_counter() - start)
            tally.refused += status == 503
            tally.wrong += status != 503 and document != expected
    finally:
        writer.close()


def health(port, end, tally):
    """Ask from a thread of its own, which no other client holds up."""
    while perf_counter() < end:
        start = perf_counter()
        assert ask(f"http://127.0.0.1:{port}", "GET", "/healthz")[0] == 200
        tally.health.append(perf_counter() - start)
        sleep(PAUSE)


async def memory(process, end, tally):
    while perf_counter() < end:
        n_bytes = sum(each.memory_info().rss for each in family(process))
        tally.megabytes.append(n_bytes / 1e6)
        await asyncio.sleep(4 * PAUSE)


def family(process):
    parent = psutil.Process(process.pid)
    return [parent, *parent.children()]


def cpu_seconds(process):
    """Return the time that all cores have worked for the server."""
    parent, *children = (each.cpu_times() for each in family(process))
    gone = parent.children_user + parent.children_system
    return gone + sum(its.user + its.system for its in (parent, *children))


async def hangs_up(port, content, end):
    while perf_counter() < end:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        half = random.choice([len(content) // 2, len(content)])
        writer.write(head_of(len(content)) + content[:half])
        await writer.drain()
        writer.close()
        await asyncio.sleep(PAUSE)


async def sends_slowly(port, content, end):
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for byte in head_of(len(content)) + content:
            if perf_counter() >= end:
                break
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(1)
    except ConnectionError:
        pass
    finally:
        writer.close()


async def sends_a_gigabyte(port, end):
    megabyte = b"100000\r\n" + bytes(2**20) + b"\r\n"
    while perf_counter() < end:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        head = head_of(0).replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
        try:
            writer.write(head)
            for _ in range(1000):
                writer.write(megabyte)
                await writer.drain()
                if perf_counter() >= end:
                    break
            status, _ = await one_answer(reader)
            assert status == 413, status
        except (ConnectionError, Closed):
            pass
        finally:
            writer.close()


async def scene(server, cases, options, seconds, bad=False):
    """Return the tally of all connections in some seconds."""
    process, port = server
    tally, start = Tally(), perf_counter()
    end = start + seconds
    before = cpu_seconds(process)
    others = [asyncio.to_thread(health, port, end, tally), memory(process, end, tally)]
    if bad:
        command = [sys.executable, __file__, "--bad", str(port), str(seconds)]
        others.append(asyncio.to_thread(subprocess.run, command, check=True))
    clients = [
        client(port, cases, first, end, tally) for first in range(options.connections)
    ]
    await asyncio.gather(*clients, *others)
    # the last answers come after the end
    tally.wall = perf_counter() - start
    tally.cpu = cpu_seconds(process) - before
    return tally


async def bad_clients(port, seconds):
    content, end = small_images(1)[0], perf_counter() + seconds
    await asyncio.gather(
        *(hangs_up(port, content, end) for _ in range(4)),
        *(sends_slowly(port, content, end) for _ in range(8)),
        sends_a_gigabyte(port, end),
    )


async def ended(server, cases, options):
    """Return the tally of a server that is ended by SIGTERM under load."""
    process, port = server
    tally, end = Tally(), perf_counter() + 60
    clients = asyncio.gather(
        *(
            client(port, cases, first, end, tally)
            for first in range(options.connections)
        )
    )
    await asyncio.sleep(2)
    process.terminate()
    await clients
    tally.code = process.wait(60)
    return tally


def in_process(cases, seconds):
    """Return images a second, and seconds of one core for each, of read_digits."""
    images = [image_of(content) for content, _ in cases]
    n, start, before = 0, perf_counter(), process_time()
    while perf_counter() < start + seconds:
        read_digits(images[n % len(images)])
        n += 1
    return n / (perf_counter() - start), (process_time() - before) / n


def show(title, tally):
    print(title)
    for line in tally.lines():
        print(f"  {line}")


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--seconds", type=float, default=5, help="of each scene")
    options.add_argument("--connections", type=int, default=64)
    options.add_argument("--photos", help="a folder of images")
    options.add_argument("--n-jobs", default="-1", help="as for skdigits serve")
    options.add_argument("--bad", nargs=2, help=argparse.SUPPRESS)
    options = options.parse_args()
    if options.bad:
        return asyncio.run(bad_clients(int(options.bad[0]), float(options.bad[1])))
    seconds = options.seconds
    # read when the sessions of ONNX Runtime are made, at the first image
    os.environ["OMP_NUM_THREADS"] = "1"
    photos = files_in(options.photos) if options.photos else drawn_photos()
    small, photos = (
        [(content, expected_of(content)) for content in files]
        for files in (small_images(), photos)
    )
    print("read_digits in this process, on one core")
    for title, cases in ("28 x 28 pixels", small), ("photos", photos):
        rate, each = in_process(cases, seconds)
        print(f"  {title}: {rate:.1f} a second; {1000 * each:.2f} ms of the core each")
    del os.environ["OMP_NUM_THREADS"]
    with serving("--n-jobs", options.n_jobs) as (process, address):
        server = process, int(address.rpartition(":")[2])
        one = argparse.Namespace(connections=1)
        for title, cases, its, bad in (
            ("28 x 28 pixels, one connection", small, one, False),
            (
                f"28 x 28 pixels, {options.connections} connections",
                small,
                options,
                False,
            ),
            (f"photos, {options.connections} connections", photos, options, False),
            ("28 x 28 pixels, and bad clients", small, options, True),
        ):
            tally = asyncio.run(scene(server, cases, its, seconds, bad))
            show(title, tally)
        tally = asyncio.run(ended(server, small, options))
        print(
            f"SIGTERM under load: {len(tally.seconds):,} answers, {tally.wrong} wrong, "
            f"{tally.lost} lost, {tally.closed} not accepted; exit code {tally.code}"
        )


if __name__ == "__main__":
    main()
