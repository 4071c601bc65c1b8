"""`tenjo synth --sequence` from outside."""

import hashlib
import json
import os
import resource
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

TENJO = os.environ["TENJO"]


def probe_frames(video):
    """Frames that ffprobe decodes."""
    out = subprocess.run(
        ["ffprobe", "-v", "error", "-count_frames", "-select_streams", "v:0",
         "-show_entries", "stream=nb_read_frames,width,height,r_frame_rate", "-of", "json",
         str(video)], stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(out.stdout)["streams"][0]


def pixels(video):
    """A sum over every decoded frame."""
    out = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", str(video), "-f", "rawvideo", "-pix_fmt", "bgr24", "-"],
        stdout=subprocess.PIPE, check=True)
    return hashlib.sha256(out.stdout).hexdigest()


class SynthSequenceTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="tenjo-sequence-")
        self.addCleanup(self.folder.cleanup)
        self.path = Path(self.folder.name)
        self.out = self.path / "set"

    def command(self, *options, out=None):
        return [TENJO, "synth", str(out or self.out), *map(str, options)]

    def synth(self, *options, out=None, **settings):
        return subprocess.run(self.command(*options, out=out), stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=600, check=False,
                              **settings)

    def ok(self, *options, out=None):
        result = self.synth("--size", "96x72", *options, out=out)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result

    def assert_refused(self, *options, word):
        result = self.synth(*options)
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
        self.assertTrue(result.stderr.startswith("tenjo: "), result.stderr)
        self.assertIn(word, result.stderr)
        self.assertFalse((self.out / "cam1.mp4").exists())

    def test_files_agree(self):
        self.ok("--sequence", 1, "--fps", 10, "--seed", 5, "--people", "4-6", "--cameras", 2,
                "--frames-as-images")
        truth = json.loads((self.out / "truth.json").read_text())
        self.assertEqual(truth["frames"], 10)
        self.assertEqual(truth["seed"], 5)
        self.assertEqual(sorted(p.name for p in self.out.iterdir()),
                         ["cam1", "cam1.gt.txt", "cam1.json", "cam1.mp4",
                          "cam2", "cam2.gt.txt", "cam2.json", "cam2.mp4", "truth.json"])
        identities = {t["track"]: t["identity"] for t in truth["tracks"]}
        known = {p["identity"] for p in truth["people"]}
        self.assertTrue(set(identities.values()) <= known)
        for camera in ("cam1", "cam2"):
            stream = probe_frames(self.out / f"{camera}.mp4")
            self.assertEqual(int(stream["nb_read_frames"]), 10)
            self.assertEqual((stream["width"], stream["height"]), (96, 72))
            self.assertEqual(stream["r_frame_rate"], "10/1")
            self.assertEqual(len(list((self.out / camera).glob("*.jpg"))), 10)
            labels = json.loads((self.out / f"{camera}.json").read_text())
            self.assertEqual([i["id"] for i in labels["images"]], list(range(1, 11)))
            self.assertEqual([i["frame"] for i in labels["images"]], list(range(10)))
            for image in labels["images"]:
                self.assertTrue((self.out / image["file_name"]).exists())
            rows = [line.split(",")
                    for line in (self.out / f"{camera}.gt.txt").read_text().splitlines()]
            seen = {(int(r[0]), int(r[1])): r for r in rows}
            self.assertEqual(len(seen), len(rows), "a track twice in a frame")
            for person in labels["annotations"]:
                self.assertEqual(identities[person["track_id"]], person["identity"])
                row = seen[person["image_id"], person["track_id"]]
                # COCO counts pixels from the corner 0, MOT from 1.
                for mot, coco in zip(row[2:6], person["full_box"]):
                    shift = 1 if mot in row[2:4] else 0
                    self.assertAlmostEqual(float(mot), coco + shift, delta=1.02)
                self.assertEqual(row[6], "1")
                self.assertAlmostEqual(float(row[8]), person["visible"], delta=1e-3)
                self.assertGreater(person["visible"], 0)
                # The floor place is the path's.
                time_s = (person["image_id"] - 1) / 10
                path = next(t["path"] for t in truth["tracks"]
                            if t["track"] == person["track_id"])
                near = min(path, key=lambda p: abs(p[0] - time_s))
                if abs(near[0] - time_s) < 1e-3 and near[4] == 0:
                    self.assertLess(abs(near[1] - person["floor"][0]), 0.15)
                    self.assertLess(abs(near[2] - person["floor"][1]), 0.15)

    def test_threads_change_nothing(self):
        options = ("--sequence", 0.8, "--fps", 10, "--seed", 9, "--people", 4)
        self.ok(*options, "--threads", 1)
        other = self.path / "other"
        self.ok(*options, "--threads", 2, out=other)
        for name in ("cam1.json", "cam1.gt.txt", "truth.json"):
            self.assertEqual((self.out / name).read_bytes(), (other / name).read_bytes(), name)
        self.assertEqual(pixels(self.out / "cam1.mp4"), pixels(other / "cam1.mp4"))

    def test_one_place_and_camera_for_many(self):
        """Other people, the same room and camera; all coloured alike."""
        shared = ("--sequence", 0.3, "--fps", 10, "--people", 3, "--split", "test", "--place", "cafe",
                  "--place-seed", 4, "--camera-seed", 2)
        self.ok(*shared, "--seed", 1)
        other = self.path / "other"
        self.ok(*shared, "--seed", 2, "--alike", out=other)
        one, two = (json.loads((folder / "truth.json").read_text()) for folder in (self.out, other))
        self.assertEqual(one["place"], two["place"])
        self.assertEqual(one["cameras"], two["cameras"])
        self.assertNotEqual(one["people"], two["people"])

    def test_nobody_is_a_valid_sequence(self):
        self.ok("--sequence", 0.3, "--fps", 10, "--people", 0)
        self.assertEqual(json.loads((self.out / "cam1.json").read_text())["annotations"], [])
        self.assertEqual((self.out / "cam1.gt.txt").read_text(), "")
        self.assertEqual(json.loads((self.out / "truth.json").read_text())["tracks"], [])

    def test_interrupted(self):
        process = subprocess.Popen(
            self.command("--sequence", 120, "--fps", 10, "--size", "96x72", "--people", 3,
                         "--frames-as-images"),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        first = self.out / "cam1" / "000003.jpg"
        for _ in range(2400):
            if first.exists() or process.poll() is not None:
                break
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 0, errors)
        self.assertIn("stopped", errors)
        frames = json.loads((self.out / "truth.json").read_text())["frames"]
        self.assertGreaterEqual(frames, 3)
        self.assertLess(frames, 1200)
        self.assertEqual(int(probe_frames(self.out / "cam1.mp4")["nb_read_frames"]), frames)
        labels = json.loads((self.out / "cam1.json").read_text())
        self.assertEqual(len(labels["images"]), frames)

    def test_full_disk(self):
        def small_files():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
        result = self.synth("--sequence", 1, "--fps", 10, "--size", "96x72", "--people", 4,
                            preexec_fn=small_files)
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
        self.assertTrue(result.stderr.startswith("tenjo: "), result.stderr)
        self.assertIn("File too large", result.stderr)
        self.assertEqual([p.name for p in self.out.iterdir()], [])

    def test_bad_input(self):
        self.assert_refused("--sequence", -1, word="--sequence")
        self.assert_refused("--sequence", 1, "--fps", 0, word="--fps")
        self.assert_refused("--sequence", 1, "--cameras", 0, word="--cameras")
        self.assert_refused("--sequence", 1, "--people", -1, word="--people")
        self.assert_refused("--sequence", 1, "--people", 1000, word="--people")
        self.assert_refused("--sequence", 1, "--busy", 100, word="--busy")
        self.assert_refused("--sequence", 1, "--size", "97x72", word="--size")
        self.assert_refused("--sequence", 1, "--height", 200, word="--height")
        self.assert_refused("--sequence", 1, "--images", 3, word="--images")
        self.assert_refused("--sequence", 1, "--resume", word="--resume")
        self.assert_refused("--sequence", 1, "--camera", "none", word="--camera")
        self.assert_refused("--sequence", 1, "--place", "street", word="--place")
        self.assert_refused("--sequence", 1, "--place-seed", "x", word="--place-seed")
        self.assert_refused("--sequence", 1, "--camera-seed", -1, word="--camera-seed")

    def test_a_set_is_not_overwritten(self):
        self.ok("--sequence", 0.2, "--fps", 10, "--people", 0)
        result = self.synth("--sequence", 0.2, "--fps", 10, "--people", 0)
        self.assertEqual(result.returncode, 1)
        self.assertIn("holds a sequence already", result.stderr)


if __name__ == "__main__":
    unittest.main()
