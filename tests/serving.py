"""What the whole-program tests of `tenjo serve` share."""
import json
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.request

from run_test import HEIGHT, MAKE_NETWORK, TENJO, WIDTH, person_maps

PATIENCE_S = 90  # machines under test are slow at times
MOSQUITTO = shutil.which("mosquitto", path=os.environ["PATH"] + ":/usr/sbin")
POSTGRES = next(iter(sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)


def eventually(condition, what="it"):
    """Waits until the condition gives something true, and returns that."""
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            result = condition()
        except urllib.error.HTTPError as error:
            if error.code != 503:
                raise
            result = None  # not yet
        if result:
            return result
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not happen within {PATIENCE_S} s")
        time.sleep(0.1)


def as_nobody(*command):
    """PostgreSQL does not run as root."""
    return ["runuser", "-u", "postgres", "--", *map(str, command)] if os.geteuid() == 0 else list(map(str, command))


class Served:
    """A running `tenjo serve`."""

    def __init__(self, config, env=None):
        self.log = open(config.parent / "log.txt", "a+")
        start = self.log.tell()
        self.process = subprocess.Popen([TENJO, "serve", config], stderr=self.log, env={**os.environ, **(env or {})})

        def port():
            self.log.seek(start)
            text = self.log.read()
            if self.process.poll() is not None:
                raise AssertionError(f"tenjo serve ended ({self.process.returncode}): {text}")
            return re.search(r"listening on https?://127\.0\.0\.1:(\d+)", text)
        self.port = int(eventually(port, "listening")[1])

    def get(self, path, **headers):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers=headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read().decode()

    def json(self, path, **headers):
        return json.loads(self.get(path, **headers))

    def send(self, method, path, body=None, **headers):
        """Status, headers and body of whatever the answer is."""
        data = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
        if data is not None:
            headers.setdefault("Content-Type", "application/json")
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data=data, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, error.read()

    def edit(self, method, path, body=None, **headers):
        """The same with the CSRF token that an editor on this machine is given."""
        return self.send(method, path, body, **{"X-CSRF-Token": self.json("/api/v1/session")["csrf"], **headers})

    def sink(self, name):
        return next(s for s in self.json("/api/v1/state")["sinks"] if s["name"] == name)

    def memory_mb(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(60)
        self.log.close()
        return code

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.log.close()


class SiteTest(unittest.TestCase):
    """A folder with a network that always sees one person, and a site that uses it."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="tenjo-serve-")
        cls.dir = pathlib.Path(cls.folder.name)
        os.chmod(cls.dir, 0o755)
        (cls.dir / "maps.bin").write_bytes(person_maps())
        subprocess.run([MAKE_NETWORK, cls.dir / "net.onnx", "--size", f"{WIDTH}x{HEIGHT}", "--constant",
                        cls.dir / "maps.bin"], check=True)
        subprocess.run(["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc=size=320x256:rate=10:duration=2",
                        "-pix_fmt", "yuv420p", cls.dir / "film.mp4"], check=True, stdin=subprocess.DEVNULL)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def setUp(self):
        self.work = pathlib.Path(tempfile.mkdtemp(dir=self.dir))
        os.chmod(self.work, 0o755)
        self.config = self.work / "cafe.toml"

    def write(self, sinks="", cameras=1, zones=1, dwell=1, http="", more="", camera=""):
        """A site whose cameras all see the same person, in the middle of the picture, all the time."""
        text = f'site = "cafe"\nfolder = "data"\n[network]\nmodel = "{self.dir}/net.onnx"\nthreads = 1\n'
        text += f'[http]\nlisten = "127.0.0.1:0"\n{http}\n{sinks}\n'
        for c in range(cameras):
            text += f'[[camera]]\nname = "cam{c}"\ninput = "{self.dir}/film.mp4"\nfps = 5\n{camera}\n'
            for z in range(zones):
                text += (f'[[camera.zone]]\nname = "zone{z}"\npoint = "middle"\ndwell = {dwell}\n'
                         f'points = [[{20 + z}, 20], [300, 20], [300, 240], [20, 240]]\n')
        self.config.write_text(text + more)

    def serve(self, **options):
        served = Served(self.config, **options)
        self.addCleanup(lambda: served.process.poll() is None and served.kill())
        return served

    def rows(self, sql):
        with sqlite3.connect(f"file:{self.work}/data/tenjo.db?mode=ro", uri=True) as database:
            return database.execute(sql).fetchall()
