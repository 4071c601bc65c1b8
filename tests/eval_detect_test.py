"""Whole-program tests of `tenjo eval detect` and `tenjo eval appearance`."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from eval_pose_test import peer, random_set  # noqa: E402

TENJO = os.environ["TENJO"]


def tenjo(*arguments, ok=True):
    result = subprocess.run([TENJO, "eval", *map(str, arguments)], capture_output=True, text=True)
    if ok and result.returncode != 0:
        raise AssertionError(result.stderr)
    return result


def turned(box, degrees):
    """The box x, y, w, h as cx, cy, w, h, degrees; a quarter turn swaps its sides."""
    x, y, w, h = box
    return [x + w / 2, y + h / 2, *((h, w) if degrees % 180 else (w, h)), degrees]


class Folder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def write(self, name, content):
        path = self.folder / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path


class EvalDetect(Folder):
    def run_detect(self, truth, results, *more):
        arrays, figures = self.folder / "arrays.json", self.folder / "figures.json"
        tenjo("detect", "--gt", self.write("gt.json", truth), "--dt", self.write("dt.json", results), "--arrays", arrays,
              "--json", figures, "--quiet", *more)
        return json.loads(arrays.read_text()), json.loads(figures.read_text())

    def test_upright_and_quarter_turns_equal_pycocotools(self):
        truth, results = random_set(np.random.default_rng(3))
        for person in truth["annotations"]:
            person["area"] = person["bbox"][2] * person["bbox"][3]
        precision, recall, scores, stats = peer(truth, results, "bbox")
        arrays, figures = self.run_detect(truth, results)
        self.assertEqual(list(figures["upright"].values()), stats.tolist())
        self.assertTrue(np.array_equal(np.array(arrays["upright"]["precision"]), precision.reshape(-1)))
        self.assertIsNone(figures["rotated"])
        # Boxes turned by quarters are upright: rotated AP must be the same.
        rng = np.random.default_rng(4)
        for thing in truth["annotations"] + results:
            thing["bbox"] = turned(thing["bbox"], int(rng.choice([0, 90, 180, -90])))
        _, figures = self.run_detect(truth, results)
        np.testing.assert_allclose(list(figures["rotated"].values()), stats, atol=1e-9)

    def test_cepdof(self):
        truth = {"images": [{"id": "Lunch_000001", "file_name": "Lunch_000001.jpg", "width": 1000, "height": 1000}],
                 "categories": [{"id": 1, "name": "person"}],
                 "annotations": [{"id": 1, "image_id": "Lunch_000001", "category_id": 1, "iscrowd": 0, "area": 20000,
                                  "bbox": [500, 500, 100, 200, 30], "person_id": 7, "segmentation": []}]}
        result = {"image_id": "Lunch_000001", "category_id": 1, "bbox": [500, 500, 100, 200, 30], "score": 0.9}
        _, figures = self.run_detect(truth, [result])
        self.assertAlmostEqual(figures["rotated"]["AP"], 1)
        _, figures = self.run_detect(truth, [{**result, "bbox": [500, 500, 200, 100, 120]}])
        self.assertAlmostEqual(figures["rotated"]["AP"], 1)
        _, figures = self.run_detect(truth, [{**result, "bbox": [500, 500, 100, 200, -60]}])
        self.assertEqual(figures["rotated"]["AP50"], 0)
        page = self.folder / "page.html"
        self.run_detect(truth, [result], "--html", page)
        self.assertIn("Lunch_000001.jpg", page.read_text())

    def test_bad_input(self):
        truth, results = random_set(np.random.default_rng(5), images=3)
        gt, dt = self.write("gt.json", truth), self.write("dt.json", results)
        text = dt.read_text()
        cases = {"[": "ends in the middle", text[:len(text) // 2]: "line 1", "{}": "[ must stand here",
                 text + "x": "follows the end", json.dumps([{**results[0], "image_id": 12345}]): "no image 12345",
                 json.dumps([{**results[0], "score": None}]): "a number must stand",
                 json.dumps([{**results[0], "bbox": [1, 2, -3, 4]}]): "must not be negative",
                 json.dumps([{**results[0], "bbox": [1, 2, 3]}]): "a box must be 4 numbers",
                 json.dumps([{**results[0], "keypoints": [1, 2, 3]}]): "keypoints must be 51 numbers",
                 json.dumps(results).replace("0.", "NaN", 1): "line 1"}
        for content, words in cases.items():
            for command in ("detect", "pose"):
                result = tenjo(command, "--gt", gt, "--dt", self.write("bad.json", content), ok=False)
                self.assertEqual((result.returncode, result.stderr.count("\n")), (1, 1), result.stderr)
                self.assertIn(words, result.stderr)
        twice = {**truth, "images": truth["images"] + truth["images"][:1]}
        result = tenjo("pose", "--gt", self.write("twice.json", twice), "--dt", dt, ok=False)
        self.assertIn("two images have the id", result.stderr)
        self.assertEqual(tenjo("pose", "--gt", gt, ok=False).returncode, 2)


def market(queries, gallery, same_set):
    """CMC and mAP as the protocol says, written anew."""
    hits, precisions = [], []
    for number, (identity, camera, *query) in enumerate(queries):
        distances = [np.linalg.norm(np.subtract(other[2:], query)) for other in gallery]
        answers = [gallery[i][0] == identity for i in np.argsort(distances, kind="stable")
                   if not (gallery[i][0] == identity and gallery[i][1] == camera) and gallery[i][0] >= 0
                   and not (same_set and i == number)]
        if not any(answers):
            continue
        places = np.flatnonzero(answers)
        hits.append(places[0])
        precisions.append(np.mean([(i + 1) / (place + 1) for i, place in enumerate(places)]))
    hits = np.array(hits)
    return np.mean(hits < 1), np.mean(hits < 5), np.mean(precisions)


class EvalAppearance(Folder):
    def test_protocol(self):
        rng = np.random.default_rng(1)
        centres = rng.normal(size=(12, 16))
        rows = [[int(i), int(rng.integers(1, 4)), *(centres[i] + rng.normal(0, 1.2, 16)).astype(np.float32).tolist()]
                for i in rng.integers(0, 12, 150)]
        rows[3][0] = -1
        text = ["".join(",".join(map(repr, row)) + "\n" for row in part) for part in (rows[:40], rows[40:], rows)]
        query, gallery, whole = (self.write(f"{i}.csv", t) for i, t in enumerate(text))
        out = self.folder / "out.json"
        asked = [row for row in rows[:40] if row[0] >= 0]
        for arguments, expected in ((["--query", query, "--gallery", gallery], market(asked, rows[40:], False)),
                                    (["--query", gallery], market(rows[40:], rows[40:], True))):
            tenjo("appearance", *arguments, "--json", out, "--quiet")
            across = json.loads(out.read_text())["across"]
            np.testing.assert_allclose([across["rank1"], across["rank5"], across["mAP"]], expected, atol=1e-12)
        self.assertIn("within a camera", tenjo("appearance", "--query", whole).stdout)

    def test_bad_input(self):
        for text, words in (("", "no embeddings"), ("1,1,0.5\n1,1,0.5,1\n", "line 2: the embedding has 2 numbers"),
                            ("1,1,nan\n", "no finite number"), ("1,1\n", "an embedding must follow"),
                            ("1,1,0.5 0.5\n", "commas"), ("x.5,1,1\n1,a,2\n", "camera must be a whole")):
            result = tenjo("appearance", "--query", self.write("bad.csv", text), ok=False)
            self.assertEqual((result.returncode, result.stderr.count("\n")), (1, 1), result.stderr)
            self.assertIn(words, result.stderr)


if __name__ == "__main__":
    unittest.main()
