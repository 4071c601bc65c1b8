"""The page of `tenjo serve` in a real browser: a person walks through a looped clip, events show, a zone is drawn and counts."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import numpy as np
from run_test import LIMBS, MAKE_NETWORK, PERSON, POINTS, SOURCE, TENJO
from serving import Served

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
NODE = shutil.which("node") or shutil.which("nodejs")
WEB = SOURCE / "web"
WIDTH, HEIGHT, STRIDE, DOT = 320, 256, 8, 12
ROWS, COLUMNS = 17, 21  # of the maps about the dot


def maps_about_a_dot():
    """What a network should answer about a dot in the middle of PERSON's body."""
    middle = np.array([80, 66])
    shift = np.array([COLUMNS // 2, ROWS // 2]) * STRIDE + STRIDE / 2 - 0.5 - middle
    at = {name: np.array(point) + shift for name, point in PERSON.items()}
    y, x = np.mgrid[0:ROWS, 0:COLUMNS] * STRIDE + STRIDE / 2 - 0.5
    heatmaps = np.zeros((19, ROWS, COLUMNS), np.float32)
    for i, name in enumerate(POINTS):
        heatmaps[i] = np.exp(-((x - at[name][0]) ** 2 + (y - at[name][1]) ** 2) / (2 * 8.0 ** 2))
    pafs = np.zeros((38, ROWS, COLUMNS), np.float32)
    for i, (a, b) in enumerate(LIMBS):
        length = np.linalg.norm(at[b] - at[a])
        unit = (at[b] - at[a]) / length
        along = (x - at[a][0]) * unit[0] + (y - at[a][1]) * unit[1]
        across = np.abs((x - at[a][0]) * unit[1] - (y - at[a][1]) * unit[0])
        near = (along > -8) & (along < length + 8) & (across < 10)
        pafs[2 * i][near], pafs[2 * i + 1][near] = unit
    return np.concatenate([heatmaps, pafs]).astype("<f4").tobytes()


def walking_clip(path):
    """Four seconds in which a dot walks from left to right and is then gone for a moment."""
    frames = []
    for i in range(40):
        frame = np.zeros((HEIGHT, WIDTH), np.uint8)
        x = 40 + 8 * i  # a cell a frame: between cells a peak would be flat
        if i < 32:
            frame[122:122 + DOT, x:x + DOT] = 255
        frames.append(frame.tobytes())
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "gray", "-s", f"{WIDTH}x{HEIGHT}", "-r", "10",
                    "-i", "-", "-pix_fmt", "yuv420p", "-c:v", "libx264", "-crf", "8", path], check=True, input=b"".join(frames))


@unittest.skipUnless(CHROMIUM, "needs chromium")
@unittest.skipUnless((WEB / "node_modules" / "playwright-core").exists(), "needs npm ci in web/")
class PageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="tenjo-page-")
        cls.dir = pathlib.Path(cls.folder.name)
        (cls.dir / "maps.bin").write_bytes(maps_about_a_dot())
        subprocess.run([MAKE_NETWORK, cls.dir / "net.onnx", "--size", f"{WIDTH}x{HEIGHT}", "--dot-person", cls.dir / "maps.bin",
                        "--dot-cells", f"{COLUMNS}x{ROWS}"], check=True)
        walking_clip(cls.dir / "film.mp4")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def serve(self, more="", env=None):
        work = pathlib.Path(tempfile.mkdtemp(dir=self.dir))
        self.config = work / "cafe.toml"
        self.config.write_text(
            f'# Mind this comment.\nsite = "cafe"\nfolder = "data"\n[network]\nmodel = "{self.dir}/net.onnx"\nthreads = 1\n'
            f'[http]\nlisten = "127.0.0.1:0"\n{more}\n'
            f'[[camera]]\nname = "door"\ninput = "{self.dir}/film.mp4"\nfps = 10\nlost = 0.5\npicture = true  # for drawing\n'
            '[[camera.line]]\nname = "entrance"\npoints = [[160, 250], [160, 10]]\ndirections = ["in", "out"]\n'
            'point = "middle"\nsettle = 0.1\n')
        served = Served(self.config, env)
        self.addCleanup(lambda: served.process.poll() is None and served.kill())
        return served

    def browse(self, script, served, **values):
        """Runs web/test/SCRIPT.mjs, which fails by its exit status and says what it saw."""
        done = subprocess.run([NODE, WEB / "test" / f"{script}.mjs", f"http://127.0.0.1:{served.port}", json.dumps(values)],
                              capture_output=True, text=True, timeout=300,
                              env={**os.environ, "CHROMIUM": CHROMIUM, "TENJO_SHOTS": os.environ.get("TENJO_SHOTS", "")})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def test_walk_event_zone_calibration(self):
        served = self.serve()
        self.browse("walk", served)
        text = self.config.read_text()
        self.assertIn("# Mind this comment.", text)
        self.assertIn("# for drawing", text)
        self.assertIn("queue", text)
        self.assertIn("lens = ", text)
        entered = served.json("/api/v1/events?event=entered&place=queue")
        self.assertGreaterEqual(len(entered), 1)
        self.assertEqual(served.stop(), 0)

    def test_viewers_look_and_editors_edit(self):
        people = {role: {"name": role, "password": f"a {role}'s long password"} for role in ("viewer", "editor")}
        users, env = "", {}
        for role, who in people.items():
            hashed = subprocess.run([TENJO, "serve", "--hash-password"], input=who["password"] + "\n", capture_output=True,
                                    text=True, check=True).stdout.strip()
            env[f"HASH_{role.upper()}"] = hashed
            users += f'[[http.user]]\nname = "{role}"\nrole = "{role}"\nhash = {{ env = "HASH_{role.upper()}" }}\n'
        served = self.serve(users, env)
        self.browse("login", served, **people)
        log = (self.config.parent / "log.txt").read_text()
        for role, who in people.items():
            self.assertNotIn(who["password"], log)
            self.assertNotIn(env[f"HASH_{role.upper()}"], log)
        self.assertEqual(served.stop(), 0)


if __name__ == "__main__":
    unittest.main()
