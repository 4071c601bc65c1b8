"""Whole-program tests of `tenjo synth` for sets of pictures, from outside."""
import json
import os
import pathlib
import resource
import signal
import subprocess
import tempfile
import time
import unittest

import cv2
import numpy as np
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO

TENJO = os.environ["TENJO"]
SOURCE = pathlib.Path(os.environ["TENJO_SOURCE"])
SMALL = ["--size", "160x120", "--quiet"]


def synth(out, *arguments, environment=None, **options):
    return subprocess.run([TENJO, "synth", str(out), *map(str, arguments)], capture_output=True, text=True, timeout=600,
                          env={**os.environ, **(environment or {})}, **options)


def contents(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


class SynthTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls.temporary.name)
        cls.whole = cls.folder / "whole"
        done = synth(cls.whole, "--images", 12, "--seed", 5, "--threads", 2, *SMALL)
        assert done.returncode == 0, done.stderr

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def fails(self, *arguments, status=1, says="", **options):
        done = synth(*arguments, **options)
        self.assertEqual(done.returncode, status, (arguments, done.stderr))
        self.assertIn(says, done.stderr)
        if status == 1:
            self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
        return done

    def test_pycocotools_reads_it(self):
        coco = COCO(str(self.whole / "annotations.json"))
        self.assertEqual(len(coco.imgs), 12)
        self.assertGreater(len(coco.anns), 12)
        for image in coco.imgs.values():
            picture = cv2.imread(str(self.whole / "images" / image["file_name"]))
            self.assertEqual(picture.shape, (image["height"], image["width"], 3))
        for person in coco.anns.values():
            mask = coco.annToMask(person)
            self.assertEqual(mask.sum(), person["area"])
            self.assertEqual(coco_mask.area(person["segmentation"]), person["area"])
            x, y, w, h = person["bbox"]
            self.assertEqual(mask[y:y + h, x:x + w].sum(), person["area"])
            self.assertEqual(coco_mask.toBbox(person["segmentation"]).tolist(), person["bbox"])
            # pycocotools writes the same text.
            again = coco_mask.encode(np.asfortranarray(mask))
            self.assertEqual(again["counts"].decode(), person["segmentation"]["counts"])
            points = np.array(person["keypoints"]).reshape(17, 3)
            self.assertEqual((points[:, 2] > 0).sum(), person["num_keypoints"])
            self.assertEqual(person["iscrowd"], 0)

    def test_same_bytes_on_one_thread(self):
        other = self.folder / "one_thread"
        self.assertEqual(synth(other, "--images", 12, "--seed", 5, "--threads", 1, *SMALL).returncode, 0)
        self.assertEqual(contents(other), contents(self.whole))

    def test_other_seed_other_pictures(self):
        other = self.folder / "other_seed"
        self.assertEqual(synth(other, "--images", 1, "--seed", 6, *SMALL).returncode, 0)
        name = "images/000000000001.jpg"
        self.assertNotEqual((other / name).read_bytes(), (self.whole / name).read_bytes())

    def test_shards_make_the_whole(self):
        folder = self.folder / "shards"
        for shard in ("2/2", "1/2"):
            done = synth(folder, "--images", 12, "--seed", 5, "--shard", shard, *SMALL)
            self.assertEqual(done.returncode, 0, done.stderr)
        whole = contents(self.whole)
        for name, data in contents(folder).items():
            if name.startswith("images/"):
                self.assertEqual(data, whole.pop(name))
        self.assertFalse([name for name in whole if name.startswith("images/")])
        parts = [json.loads((folder / f"annotations-{i}-of-2.json").read_text()) for i in (1, 2)]
        joined = json.loads((self.whole / "annotations.json").read_text())
        for key in ("images", "annotations"):
            self.assertEqual(parts[0][key] + parts[1][key], joined[key])

    def interrupted(self, name, how):
        folder = self.folder / name
        process = subprocess.Popen([TENJO, "synth", str(folder), "--images", "12", "--seed", "5", "--threads", "1", *SMALL],
                                   stderr=subprocess.PIPE)
        deadline = time.time() + 120
        lines = folder / "labels.part.jsonl"
        while time.time() < deadline and (not lines.exists() or lines.read_bytes().count(b"\n") < 3):
            time.sleep(0.02)
        process.send_signal(how)
        process.communicate(timeout=120)
        return folder

    def resumed(self, folder):
        done = synth(folder, "--resume", "--quiet")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(contents(folder), contents(self.whole))

    def test_interrupted_is_valid_and_goes_on(self):
        folder = self.interrupted("interrupted", signal.SIGINT)
        coco = COCO(str(folder / "annotations.json"))
        self.assertGreaterEqual(len(coco.imgs), 3)
        for image in coco.imgs.values():
            self.assertIsNotNone(cv2.imread(str(folder / "images" / image["file_name"])))
        self.resumed(folder)
        self.resumed(folder)  # nothing more to do

    def test_killed_goes_on(self):
        folder = self.interrupted("killed", signal.SIGKILL)
        if (folder / "labels.part.jsonl").exists():
            with open(folder / "labels.part.jsonl", "ab") as lines:
                lines.write(b'{"image":{"id":')  # half a line
        self.resumed(folder)

    def test_there_is_a_set_already(self):
        before = contents(self.whole)
        self.fails(self.whole, "--images", 12, "--seed", 5, *SMALL, says="already")
        self.fails(self.whole, "--images", 12, "--seed", 6, "--resume", *SMALL, says="--seed 6")
        self.assertEqual(contents(self.whole), before)
        strange = self.folder / "strange"
        (strange / "images").mkdir(parents=True)
        self.fails(strange, "--images", 1, *SMALL, says="no set")

    def test_impossible_options(self):
        for arguments, says in ((["--people", "-1"], "--people"), (["--people", "9-3"], "--people"),
                                (["--people", "two"], "--people"), (["--height", "200"], "--height"),
                                (["--height", "nan"], "--height"), (["--tilt", "90"], "--tilt"),
                                (["--size", "1x1"], "--size"), (["--size", "big"], "--size"),
                                (["--seed", "x"], "--seed"), (["--shard", "5/4"], "--shard"),
                                (["--shard", "0/4"], "--shard"), (["--images", "0"], "--images"),
                                (["--camera", "phone"], "--camera"), (["--split", "all"], "--split"),
                                (["--place", "street"], "--place"), (["--samples", "0"], "--samples"), (["--quality", "101"], "--quality"),
                                (["--textures", "/none"], "--textures"), (["--motion", "/none"], "--motion")):
            out = self.folder / "impossible"
            images = [] if arguments[0] == "--images" else ["--images", "1"]
            self.fails(out, *images, *arguments, says=says)
            self.assertFalse(out.exists(), arguments)
        self.fails(self.folder / "none", says="--images")
        self.fails(self.folder / "none", "--images", "1", "--camera", says="", status=2)
        self.fails(self.folder / "none", "--no-such-option", status=2)

    def test_unwritable(self):
        self.fails("/proc/set", "--images", "1", says="/proc/set")
        file = self.folder / "file"
        file.write_text("x")
        self.fails(file, "--images", "1", says="is a file")

    def test_full_disk(self):
        out = self.folder / "full"
        out.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24k", "tmpfs", out], capture_output=True).returncode != 0:
            self.skipTest("needs leave to mount a small file system")
        self.addCleanup(subprocess.run, ["umount", out], check=True)
        self.fails(out, "--images", "40", "--seed", "5", *SMALL, says="No space left on device")
        self.assertEqual([p.name for p in out.rglob("*") if p.suffix in (".tmp", ".part")], [])
        self.assertFalse((out / "annotations.json").exists())
        for picture in (out / "images").glob("*.jpg"):  # what has its name is whole
            self.assertIsNotNone(cv2.imread(str(picture)))
            self.assertEqual(picture.read_bytes()[-2:], b"\xff\xd9")

    def test_no_room_for_a_picture(self):
        """A file may not grow: as on a full disk, but for one write in the middle."""
        def small_files():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (1500, 1500))
        out = self.folder / "no_room"
        self.fails(out, "--images", "2", "--seed", "5", *SMALL, says="File too large", preexec_fn=small_files)
        # Nothing half-written under a final name.
        self.assertEqual([p.name for p in out.rglob("*") if p.suffix in (".jpg", ".tmp", ".part")], [])
        self.assertFalse((out / "annotations.json").exists())
        self.assertEqual(synth(out, "--resume", "--quiet").returncode, 0)  # once there is room again
        self.assertEqual(len(COCO(str(out / "annotations.json")).imgs), 2)

    def test_assets(self):
        empty = self.folder / "no_assets"
        empty.mkdir()
        self.fails(self.folder / "without", "--images", 1, says="body.bin", environment={"TENJO_ASSETS": str(empty)})
        (empty / "body.bin").write_bytes((SOURCE / "assets" / "body.bin").read_bytes()[:5000])
        (empty / "furniture.bin").write_bytes((SOURCE / "assets" / "furniture.bin").read_bytes())
        self.fails(self.folder / "without", "--images", 1, says="body.bin", environment={"TENJO_ASSETS": str(empty)})
        self.assertFalse((self.folder / "without").exists())

    def test_nobody_and_options(self):
        folder = self.folder / "nobody"
        config = self.folder / "synth.toml"
        config.write_text('images = 2\npeople = 0\ncamera = "fisheye"\nheight = "3.0-3.2"\nsize = "128x96"\n')
        done = synth(folder, "--config", config, "--quiet")
        self.assertEqual(done.returncode, 0, done.stderr)
        truth = json.loads((folder / "annotations.json").read_text())
        self.assertEqual(truth["annotations"], [])
        for image in truth["images"]:
            self.assertNotEqual(image["camera"]["lens"], "pinhole")
            self.assertTrue(3 <= image["camera"]["height_m"] <= 3.2)
            self.assertEqual((image["width"], image["height"]), (128, 96))

    def test_preview(self):
        folder = self.folder / "preview"
        done = synth(folder, "--preview", 4, "--crops", 3, "--seed", 1, "--size", "320x240", "--quiet")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIsNotNone(cv2.imread(str(folder / "preview.jpg")))
        page = (folder / "preview.html").read_text()
        self.assertEqual(page.count("<tr>"), 5)
        self.assertNotIn("http", page)
        before = (folder / "annotations.json").read_bytes()
        self.assertEqual(synth(folder, "--preview", 2).returncode, 0)  # of what is there
        self.assertEqual((folder / "annotations.json").read_bytes(), before)


if __name__ == "__main__":
    unittest.main()
