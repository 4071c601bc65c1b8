"""`tenjo quantize` and `--precision` from outside; ONNX Runtime is the second opinion."""

import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import cv2
import numpy as np
import onnxruntime

sys.path.insert(0, str(Path(__file__).resolve().parent))
from run_test import COCO_ORDER, HEIGHT, PERSON, WIDTH, head_maps, person_maps  # noqa: E402

TENJO = os.environ["TENJO"]
MAKE_NETWORK = os.environ["TENJO_MAKE_NETWORK"]


class QuantizeTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="tenjo-quantize-")
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name)
        self.model = self.path / "net.onnx"
        self.int8 = self.path / "net-int8.onnx"
        self.images = self.path / "images"
        self.images.mkdir()
        random = np.random.default_rng(3)
        for i in range(3):
            picture = cv2.resize(random.integers(0, 256, (6, 8, 3), np.uint8), (100, 70))
            cv2.imwrite(str(self.images / f"{i}.png"), picture)
        subprocess.run([MAKE_NETWORK, self.model], check=True)

    def tenjo(self, *arguments):
        return subprocess.run([TENJO, *map(str, arguments)], text=True, capture_output=True,
                              timeout=120, check=False)

    def quantize(self, *options, model=None, images=None):
        return self.tenjo("quantize", model or self.model, "--images", images or self.images,
                          "--out", self.int8, "--threads", 1, "--search-images", 1, *options)

    def fails(self, result, *words):
        self.assertEqual(result.returncode, 1, result.stderr)
        last = result.stderr.splitlines()[-1]
        for word in words:
            self.assertIn(word, last)
        self.assertFalse(self.int8.exists())

    def answers(self, model, image):
        session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
        return np.concatenate([a.ravel() for a in session.run(None, {"image": image})])

    def test_onnx_runtime_computes_about_what_fp32_does(self):
        image = cv2.imread(str(self.images / "1.png"))
        image = cv2.resize(image, (64, 48)).astype(np.float32).transpose(2, 0, 1)[None]
        plain = self.answers(self.model, image)
        for options in ([], ["--symmetric"]):
            result = self.quantize("--max-drop", "0.5", *options)
            self.assertEqual(result.returncode, 0, result.stderr)
            rounded = self.answers(self.int8, image)
            lost = np.sum((plain - rounded) ** 2) / np.sum((plain - plain.mean()) ** 2)
            self.assertLess(lost, 0.05)

    def test_run_takes_it_by_itself_and_says_so(self):
        self.assertEqual(self.quantize("--max-drop", "0.5", "--quiet").returncode, 0)
        run = ["run", self.images, "--model", self.model, "--cache", ""]
        chosen = self.tenjo(*run)
        self.assertEqual(chosen.returncode, 0, chosen.stderr)
        self.assertIn("net-int8.onnx in 8 bits", chosen.stderr)
        plain = self.tenjo(*run, "--precision", "fp32")
        self.assertNotIn("8 bits", plain.stderr)
        # In bf16 where the processor has it; else one line says that it has not.
        half = self.tenjo(*run, "--precision", "bf16")
        if half.returncode == 0:
            self.assertIn(", bf16)", half.stderr)
        else:
            self.assertEqual((half.returncode, half.stderr.count("\n")), (1, 1), half.stderr)
            self.assertIn("does not compute in bf16; --precision fp32 or int8 run on it", half.stderr)
        self.assertNotIn("bf16", self.tenjo(*run, "--precision", "int8").stderr)
        self.int8.unlink()
        self.fails(self.tenjo(*run, "--precision", "int8"), "net-int8.onnx", "tenjo quantize")

    def test_bench_measures_both(self):
        self.assertEqual(self.quantize("--max-drop", "0.5", "--quiet").returncode, 0)
        result = self.tenjo("bench", self.model, "--rounds", 1, "--seconds", 0.05, "--streams", 1,
                            "--precision", "fp32,int8", "--json", "-", "--quiet")
        self.assertEqual(result.returncode, 0, result.stderr)
        rows = json.loads(result.stdout)["rows"]
        self.assertEqual([row["precision"] for row in rows], ["fp32", "int8"])
        self.assertEqual(rows[0]["convolutions_in_8_bits"], 0)
        self.assertGreater(rows[1]["convolutions_in_8_bits"], 0)

    def test_gt_measures_joints_and_boxes(self):
        """A network that answers a person whatever it sees: nothing is lost by rounding, and what is measured is known."""
        box = (80, 66, 60, 112, 4)
        (self.path / "maps.bin").write_bytes(person_maps() + head_maps([box]))
        subprocess.run([MAKE_NETWORK, self.model, "--size", f"{WIDTH}x{HEIGHT}", "--constant", self.path / "maps.bin"], check=True)
        people = []
        for image in range(3):
            cv2.imwrite(str(self.images / f"{image}.png"), np.random.default_rng(image).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8))
            points = [[PERSON[name][0] + 0.5, PERSON[name][1] + 0.5, 2] for name in COCO_ORDER]
            people.append({"id": image + 1, "image_id": image, "category_id": 1, "iscrowd": 0, "area": 6000, "num_keypoints": 17,
                           "bbox": [50, 10, 60, 112], "keypoints": sum(points, []),
                           "rotated_box": [box[0] + 0.5, box[1] + 0.5, *box[2:]]})
        # Of the last picture the box is elsewhere: one of three boxes is wrong, all skeletons are right.
        people[2]["rotated_box"] = [20, 20, 10, 20, 0]
        gt = self.path / "gt.json"
        gt.write_text(json.dumps({"images": [{"id": i, "width": WIDTH, "height": HEIGHT} for i in range(3)],
                                  "annotations": people, "categories": [{"id": 1, "name": "person"}]}))
        result = self.quantize("--gt", gt)
        self.assertEqual(result.returncode, 0, result.stderr)
        found = dict(re.findall(r"^(keypoint AP|box AP50) ([0-9.]+) in FP32, \2 in INT8$", result.stdout, re.M))
        self.assertGreater(float(found["keypoint AP"]), 0.8)
        self.assertGreater(float(found["box AP50"]), 0.3)
        self.assertLess(float(found["box AP50"]), 0.7)
        self.int8.unlink()
        gt.write_text("{")
        self.fails(self.quantize("--gt", gt), "gt.json")

    def test_bad_input(self):
        empty = self.path / "empty"
        empty.mkdir()
        self.fails(self.quantize(images=empty), "empty")
        cv2.imwrite(str(empty / "1.png"), np.full((48, 64, 3), 0, np.uint8))
        self.model.write_bytes(self.model.read_bytes())
        self.fails(self.quantize(model=self.path / "none.onnx"), "none.onnx")
        text = self.path / "text.onnx"
        text.write_text("no network")
        self.fails(self.quantize(model=text), "text")
        self.fails(self.quantize("--keep", "nothing"), "nothing")


if __name__ == "__main__":
    unittest.main()
