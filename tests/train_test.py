"""tenjo train and tenjo convert, from outside."""

import json
import os
import pathlib
import re
import signal
import socket
import struct
import subprocess
import tempfile
import time
import unittest

import numpy

TENJO = os.environ["TENJO"]
SOURCE = pathlib.Path(os.environ["TENJO_SOURCE"])
SANITIZED = bool(os.environ.get("TENJO_SANITIZE"))

RECIPE = """
name = "tiny"
[network]
width = 0.25
stages = 0
[train]
steps = 4
batch = 2
crop = "64x64"
learning_rate = 1e-3
warmup = 0
threads = 1
workers = 1
log_every = 1
checkpoint_every = 2
device = "cpu"
[[data]]
name = "rendered"
annotations = "{set}"
"""


def tenjo(*arguments, **options):
    return subprocess.run([TENJO, *map(str, arguments)], capture_output=True, text=True, check=False, **options)


def free_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


def tensors(path):
    """The numbers in a checkpoint (docs/formats.md)."""
    data = path.read_bytes()
    mark = b"tenjo checkpoint 1\n"
    assert data.startswith(mark)
    (length,) = struct.unpack_from("<Q", data, len(mark))
    at = len(mark) + 8
    header = json.loads(data[at:at + length])
    at += length
    found = {}
    for tensor in header["tensors"]:
        if tensor["type"] == "f32":
            found[tensor["name"]] = numpy.frombuffer(data, numpy.float32, tensor["bytes"] // 4, at)
        at += tensor["bytes"]
    return found


@unittest.skipIf(SANITIZED, "LibTorch is loaded, which the sanitizers do not know")
class Train(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.root = pathlib.Path(cls.folder.name)
        made = tenjo("synth", cls.root / "set", "--images", 8, "--size", "128x96", "--people", "1-2", "--quiet")
        assert made.returncode == 0, made.stderr
        cls.recipe = cls.root / "tiny.toml"
        cls.recipe.write_text(RECIPE.format(set=cls.root / "set"))

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def train(self, out, *overrides, **options):
        result = tenjo("train", self.recipe, "--out", self.root / out, *overrides, **options)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result

    def losses(self, out):
        lines = (self.root / out / "metrics.jsonl").read_text().splitlines()
        return [json.loads(line)["loss"] for line in lines]

    def train_two(self, out, *overrides):
        port = str(free_port())
        processes = []
        for rank in range(2):
            environment = dict(os.environ, RANK=str(rank), WORLD_SIZE="2", MASTER_ADDR="127.0.0.1",
                               MASTER_PORT=port)
            processes.append(subprocess.Popen(
                [TENJO, "train", self.recipe, "--out", self.root / out, *overrides], env=environment,
                stderr=subprocess.PIPE, text=True))
        for process in processes:
            _, errors = process.communicate(timeout=600)
            self.assertEqual(process.returncode, 0, errors)

    def weights(self, out):
        found = tensors(self.root / out / "checkpoints/step-00000002.checkpoint")
        return {name: values for name, values in found.items() if name.startswith("network/")}

    def test_two_processes_are_one_with_twice_the_batch(self):
        # What is frozen passes rounding on without making it larger.
        few = ["network.freeze=['base', 'cpm']", "train.steps=2"]
        self.train("one_few", "train.batch=4", *few)
        self.train_two("two_few", *few)
        for one, two in zip(self.losses("one_few"), self.losses("two_few"), strict=True):
            self.assertAlmostEqual(one, two, delta=1e-5 * one)
        second = self.weights("two_few")
        for name, values in self.weights("one_few").items():
            # Adam's first steps are as long as the rate, whatever the gradient's length, so a gradient of
            # nothing may turn round.
            apart = numpy.abs(values - second[name])
            self.assertLess(numpy.mean(apart > 2e-5), 0.01, name)

    def test_two_processes_share_batch_norm(self):
        # A new network's batch norm makes rounding larger, layer by layer: two processes may be as far from
        # one as one with other threads is.
        self.train("one", "train.batch=4", "train.steps=2")
        self.train("one_threads", "train.batch=4", "train.steps=2", "train.threads=2")
        self.train_two("two", "train.steps=2")
        self.assertAlmostEqual(self.losses("one")[0], self.losses("two")[0], delta=1e-4 * self.losses("one")[0])
        first, threads, second = self.weights("one"), self.weights("one_threads"), self.weights("two")
        for kind in ("/weight", "/bn_shift", "/bn_mean", "/bn_variance"):
            names = [name for name in first if name.endswith(kind)]
            rounding = numpy.mean([numpy.mean(numpy.abs(first[name] - threads[name])) for name in names])
            apart = numpy.mean([numpy.mean(numpy.abs(first[name] - second[name])) for name in names])
            self.assertLess(apart, 3 * rounding + 1e-5, kind)

    def test_appearance_networks_are_trained_and_measured(self):
        people = self.root / "people"
        made = tenjo("synth", people, "--identities", 7, "--views", 4, "--size", "160x120", "--quiet")
        self.assertEqual(made.returncode, 0, made.stderr)
        recipe = self.root / "appearance.toml"
        recipe.write_text(f"""
            task = "appearance"
            network.width = 0.25
            appearance = {{ people = 4, views = 2, numbers = 16 }}
            train = {{ steps = 2, crop = "32x64", threads = 1, workers = 1, device = "cpu" }}
            data = [{{ annotations = "{people}" }}]
            validation = {{ every = 2, data = [{{ annotations = "{people}" }}] }}
            """)
        done = tenjo("train", recipe, "--out", self.root / "appearance")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("mAP", done.stderr)
        lines = [json.loads(line) for line in (self.root / "appearance/metrics.jsonl").read_text().splitlines()]
        validation = next(line for line in lines if "validation" in line)
        best = self.root / "appearance/best.onnx"
        measured = tenjo("eval", "appearance", "--model", best, "--data", people, "--threads", 1, "--quiet",
                         "--json", "-", "--embeddings", self.root / "looks.csv")
        self.assertEqual(measured.returncode, 0, measured.stderr)
        figures = json.loads(measured.stdout)
        self.assertAlmostEqual(figures["across"]["mAP"], validation["mAP"], delta=0.02)
        again = tenjo("eval", "appearance", "--query", self.root / "looks.csv", "--json", "-", "--quiet")
        self.assertEqual(json.loads(again.stdout), figures)
        # In 8 bits, held against who people are, and taken by itself when running.
        made = tenjo("quantize", best, "--images", people, "--gt", people, "--max-drop", 1, "--threads", 1, "--search-images", 1,
                     "--out", self.root / "appearance/best-int8.onnx")
        self.assertEqual(made.returncode, 0, made.stderr)
        rank1 = float(re.search(r"rank-1 ([0-9.]+) in FP32", made.stdout)[1])
        self.assertAlmostEqual(rank1, figures["across"]["rank1"], delta=1e-4)
        picture = sorted((people / "images").iterdir())[0]
        asked = ["run", picture.parent / (picture.name[:-5] + "?" + picture.suffix), "--tracker", "deepsort", "--appearance", best,
                 "--max-frames", 1, "--out", ""]
        self.assertIn("best-int8.onnx in 8 bits", tenjo(*asked).stderr)
        self.assertNotIn("best-int8.onnx", tenjo(*asked, "--precision", "fp32").stderr)
        for wrong in (["--model", best], ["--data", people], []):
            self.assertEqual(tenjo("eval", "appearance", *wrong).returncode, 2, wrong)
        self.assertEqual(tenjo("eval", "appearance", "--model", best, "--data", self.root / "set").returncode, 0)

    def test_sigterm_writes_a_checkpoint_and_leaves(self):
        process = subprocess.Popen([TENJO, "train", self.recipe, "--out", self.root / "stopped", "--steps", "100000",
                                    "train.checkpoint_every=100000"], stderr=subprocess.PIPE, text=True)
        metrics = self.root / "stopped/metrics.jsonl"
        for _ in range(600):
            if metrics.exists() and metrics.stat().st_size > 0:
                break
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 0, errors)
        self.assertIn("--resume", errors)
        (checkpoint,) = (self.root / "stopped/checkpoints").iterdir()
        done = int(checkpoint.stem.split("-")[1])
        self.assertGreater(done, 0)
        again = tenjo("train", self.recipe, "--out", self.root / "stopped")
        self.assertEqual(again.returncode, 1)
        self.assertIn("--resume goes on", again.stderr)
        self.train("stopped", "--resume", "--steps", done + 1)
        self.assertEqual(len(self.losses("stopped")), done + 1)

    def test_refining_networks_are_trained_quantised_and_run(self):
        recipe = self.root / "refine.toml"
        recipe.write_text(f"""
            task = "refine"
            network = {{ width = 0.25 }}
            train = {{ steps = 6, batch = 16, warmup = 0, learning_rate = 1e-3, threads = 1, workers = 1, log_every = 1 }}
            [[data]]
            annotations = "{self.root}/set"
            augment = {{ nobody = 0.2 }}
            [validation]
            every = 3
            images = 4
            [[validation.data]]
            annotations = "{self.root}/set"
            """)
        done = tenjo("train", recipe, "--out", self.root / "refine")
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = [json.loads(line) for line in (self.root / "refine/metrics.jsonl").read_text().splitlines()]
        self.assertTrue(all(line["places"] > 0 for line in lines if "rate" in line))
        self.assertEqual(sum("box_ap" in line for line in lines), 2)
        best = self.root / "refine/best.onnx"
        again = tenjo("train", recipe, "--out", self.root / "refine", "--resume", "train.steps=7", "--quiet")
        self.assertEqual(again.returncode, 0, again.stderr)
        done = tenjo("quantize", best, "--images", self.root / "set", "--count", 6, "--threads", 1,
                     "--out", self.root / "refine/best-int8.onnx")
        self.assertEqual(done.returncode, 0, done.stderr)
        people = tenjo("run", self.root / "set" / "images", "--refine", best, "--out", "-", "--max-frames", 2, "--size", "0x128")
        self.assertEqual(people.returncode, 0, people.stderr)
        self.assertIn("closer looks", people.stderr)
        self.assertIn("best-int8.onnx in 8 bits", people.stderr)
        scored = tenjo("eval", "pose", "--gt", self.root / "set" / "annotations.json", "--images", self.root / "set" / "images", "--model",
                       "pose", "--refine", best, "--size", "0x128", "--json", "-", "--quiet")
        self.assertEqual(scored.returncode, 0, scored.stderr)
        wrong = tenjo("run", self.root / "set" / "images", "--refine", self.root / "nowhere.onnx", "--quiet")
        self.assertEqual((wrong.returncode, wrong.stderr.count("\n")), (1, 1), wrong.stderr)
        measured = tenjo("quantize", best, "--images", self.root / "set", "--gt", self.root / "set", "--out", self.root / "no.onnx")
        self.assertEqual(measured.returncode, 1)
        self.assertIn("a refining one is measured by", measured.stderr)

    def test_options_stand_for_the_recipe(self):
        self.train("options", "--steps", 2, "--mask", "box", "--keep", 1, "--seed", 5, "train.checkpoint_every=1")
        recipe = (self.root / "options/recipe.toml").read_text()
        for line in ("steps = 2", "keep = 1", "seed = 5"):
            self.assertIn(line, recipe)
        self.assertIn("box", recipe)
        self.assertEqual([path.name for path in (self.root / "options/checkpoints").iterdir()],
                         ["step-00000002.checkpoint"])
        self.assertIn("<svg", (self.root / "options/report.html").read_text())

    def test_bad_input_is_one_line(self):
        for arguments, said in [
                (["/nowhere.toml"], "/nowhere.toml"),
                ([self.recipe, "train.step=1"], "train.step is not known"),
                ([self.recipe, "data.0.annotations=/nowhere"], "/nowhere"),
                ([self.recipe, "network.start=/nowhere.onnx"], "/nowhere.onnx"),
                ([self.recipe, "train.device=cuda:99"], "cuda"),
        ]:
            result = tenjo("train", *arguments, "--out", self.root / "bad", "--quiet")
            self.assertEqual(result.returncode, 1, result.stderr)
            self.assertIn(said, result.stderr)
            self.assertEqual(result.stderr.count("\n"), 1, result.stderr)

    def test_smoke_recipe(self):
        result = tenjo("train", SOURCE / "recipes/smoke.toml", "--out", self.root / "smoke")
        self.assertEqual(result.returncode, 0, result.stderr)
        lines = [json.loads(line) for line in (self.root / "smoke/metrics.jsonl").read_text().splitlines()]
        losses = [line["loss"] for line in lines if "rate" in line]
        self.assertLess(losses[-1], 0.7 * losses[0])
        images = self.root / "smoke/rendered-1/images"
        seen = tenjo("run", images, "--model", self.root / "smoke/best.onnx", "--size", "0x128", "--out",
                     self.root / "smoke/people.jsonl", "--quiet")
        self.assertEqual(seen.returncode, 0, seen.stderr)
        self.assertEqual(len((self.root / "smoke/people.jsonl").read_text().splitlines()), 200)


class Convert(unittest.TestCase):
    def test_fastlabel_becomes_coco(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            task = {"name": "a.jpg", "width": 640, "height": 480, "annotations": [
                {"type": "pose_estimation", "value": "person",
                 "keypoints": [{"key": "nose", "value": [10, 20, 1]}, {"key": "left_eye", "value": [14, 18, 0]}]},
                {"type": "bbox", "value": "person", "points": [0, 0, 100, 200]}]}
            (root / "export.json").write_text(json.dumps([task]))
            result = tenjo("convert", root / "export.json", root / "coco.json")
            self.assertEqual(result.returncode, 0, result.stderr)
            coco = json.loads((root / "coco.json").read_text())
            self.assertEqual(coco["images"], [{"id": 1, "file_name": "a.jpg", "width": 640, "height": 480}])
            (person,) = coco["annotations"]
            self.assertEqual(person["keypoints"][:6], [10, 20, 2, 14, 18, 1])
            self.assertEqual(person["bbox"], [0, 0, 100, 200])
            self.assertEqual(person["num_keypoints"], 2)
            (root / "other.json").write_text("{}")
            result = tenjo("convert", root / "other.json", root / "other_coco.json")
            self.assertEqual(result.returncode, 1)
            self.assertFalse((root / "other_coco.json").exists())


if __name__ == "__main__":
    unittest.main()
