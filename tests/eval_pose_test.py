"""Whole-program tests of `tenjo eval pose`: its arrays equal pycocotools' to the last bit."""
import contextlib
import copy
import io
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

TENJO = os.environ["TENJO"]
MAKE_NETWORK = os.environ.get("TENJO_MAKE_NETWORK", "")
SHARED = pathlib.Path(os.environ["TENJO_SHARED_DATA"])
CATEGORY = {"id": 1, "name": "person"}


def tenjo(*arguments, ok=True):
    result = subprocess.run([TENJO, "eval", "pose", *map(str, arguments)], capture_output=True, text=True)
    if ok and result.returncode != 0:
        raise AssertionError(result.stderr)
    return result


def peer(truth, results, kind):
    """pycocotools' precision, recall, scores and stats."""
    with contextlib.redirect_stdout(io.StringIO()):
        gt = COCO()
        gt.dataset = copy.deepcopy(truth)
        gt.createIndex()
        if results:
            dt = gt.loadRes(copy.deepcopy(results))
        else:  # which loadRes refuses
            dt = COCO()
            dt.dataset = {"images": truth["images"], "categories": truth["categories"], "annotations": []}
            dt.createIndex()
        evaluation = COCOeval(gt, dt, kind)
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return evaluation.eval["precision"], evaluation.eval["recall"], evaluation.eval["scores"], evaluation.stats


def random_set(rng, images=30, crowds=True, ties=False, large_ids=False):
    """People of every size, hidden and unlabelled keypoints, crowds, people without keypoints; results near them, far
    from them, several of one, more than 20 in an image, equal scores."""
    truth = {"images": [], "annotations": [], "categories": [CATEGORY]}
    results = []
    ids = rng.permutation(images * 10)
    for image in rng.permutation(images) + (2 ** 40 if large_ids else 0):
        truth["images"].append({"id": int(image), "width": 640, "height": 480, "file_name": f"{image}.jpg"})
        for _ in range(rng.integers(0, 6)):
            size = np.exp(rng.uniform(np.log(8), np.log(400)))
            x, y = rng.uniform(0, 500), rng.uniform(0, 400)
            w, h = size * rng.uniform(0.3, 1), size
            points = np.zeros((17, 3))
            points[:, 0], points[:, 1] = rng.uniform(x, x + w, 17), rng.uniform(y, y + h, 17)
            points[:, :2] = points[:, :2].round(2)
            points[:, 2] = rng.choice([0, 1, 2], 17, p=[0.3, 0.2, 0.5])
            crowd = int(crowds and rng.random() < 0.15)
            if crowd or rng.random() < 0.2:
                points[:] = 0
            points[points[:, 2] == 0] = 0
            area = round(w * h * rng.uniform(0.3, 1), 3)
            truth["annotations"].append({
                "id": int(ids[len(truth["annotations"])]), "image_id": int(image), "category_id": 1, "iscrowd": crowd,
                "bbox": [round(v, 2) for v in (x, y, w, h)], "area": area, "keypoints": points.reshape(-1).tolist(),
                "num_keypoints": int((points[:, 2] > 0).sum()), "segmentation": []})
            for _ in range(rng.choice([0, 1, 1, 1, 2, 6])):
                noise = rng.normal(0, size * rng.choice([0, 0.01, 0.05, 0.2]), (17, 2))
                found = np.concatenate([(points[:, :2] + noise).round(2), rng.random((17, 1)).round(3)], 1)
                if points[:, 2].sum() == 0:
                    found[:, :2] += rng.uniform([x - w, y - h], [x + w, y + h], (17, 2)).round(2)
                box = np.array([x, y, w, h]) + rng.normal(0, size * 0.1, 4)
                results.append({"image_id": int(image), "category_id": 1, "keypoints": found.reshape(-1).tolist(),
                                "bbox": np.abs(box).round(2).tolist(), "score": float(rng.random())})
        for _ in range(rng.choice([0, 0, 1, 3, 25])):
            found = np.concatenate([rng.uniform(0, 600, (17, 2)), rng.random((17, 1))], 1)
            results.append({"image_id": int(image), "category_id": 1, "keypoints": found.reshape(-1).tolist(),
                            "bbox": rng.uniform(1, 300, 4).tolist(), "score": float(rng.random() * 0.7)})
    rng.shuffle(results)
    if ties:
        for result in results:
            result["score"] = round(result["score"], 1)
    return truth, results


class EvalPose(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def write(self, name, content):
        path = self.folder / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    def compare(self, truth, results):
        gt, dt = self.write("gt.json", truth), self.write("dt.json", results)
        arrays, figures = self.folder / "arrays.json", self.folder / "figures.json"
        tenjo("--gt", gt, "--dt", dt, "--arrays", arrays, "--json", figures, "--quiet")
        ours = json.loads(arrays.read_text())
        stats = json.loads(figures.read_text())
        for kind, name in (("keypoints", "keypoints"), ("bbox", "boxes")):
            precision, recall, scores, summary = peer(truth, results, kind)
            precision, scores, recall = precision[:, :, 0], scores[:, :, 0], recall[:, 0]
            for field, theirs in (("precision", precision), ("recall", recall), ("scores", scores)):
                mine = np.array(ours[name][field]).reshape(theirs.shape)
                self.assertTrue(np.array_equal(mine, theirs), f"{name} {field}: {np.abs(mine - theirs).max()}")
            self.assertEqual(list(stats[name].values()), summary.tolist())
        return stats

    def test_random_sets(self):
        for seed in range(6):
            with self.subTest(seed=seed):
                rng = np.random.default_rng(seed)
                self.compare(*random_set(rng, ties=seed % 2 == 1, large_ids=seed == 4))

    def test_results_of_keypoints_alone(self):
        truth, results = random_set(np.random.default_rng(20))
        for result in results:
            del result["bbox"]
        self.compare(truth, results)

    def test_degenerate_sets(self):
        truth, results = random_set(np.random.default_rng(30), images=6)
        self.compare(truth, [])
        self.compare(truth, results[:1])
        self.compare({**truth, "annotations": []}, results)
        self.compare({**truth, "annotations": []}, [])
        crowd = copy.deepcopy(truth)
        for person in crowd["annotations"]:
            person["iscrowd"] = 1
        self.compare(crowd, results)
        same = [dict(result, score=0.5) for result in results]
        self.compare(truth, same)
        perfect = [{"image_id": a["image_id"], "category_id": 1, "keypoints": a["keypoints"], "bbox": a["bbox"],
                    "score": 1} for a in truth["annotations"]]
        self.compare(truth, perfect)
        point = copy.deepcopy(truth)
        for person in point["annotations"]:
            person["area"], person["bbox"][2:] = 0, [0, 0]
        self.compare(point, results)
        numbered = copy.deepcopy(truth)  # a person of id 0 counts as not found in pycocotools
        for i, person in enumerate(numbered["annotations"]):
            person["id"] = i
        self.compare(numbered, perfect)

    def test_real_set(self):
        file = SHARED / "coco-person" / "person_keypoints_val.json"
        if not file.exists():
            self.skipTest(f"needs the measuring data {file}")
        truth = json.loads(file.read_text())
        rng = np.random.default_rng(1)
        results = []
        for person in truth["annotations"]:
            points = np.array(person["keypoints"], float).reshape(-1, 3)
            for _ in range(rng.integers(0, 4)):
                noisy = points.copy()
                noisy[:, :2] += rng.normal(0, 0.05 * np.sqrt(person["area"]), (17, 2))
                results.append({"image_id": person["image_id"], "category_id": 1,
                                "keypoints": noisy.round(2).reshape(-1).tolist(), "score": round(rng.random(), 6)})
        stats = self.compare(truth, results)
        self.assertGreater(stats["keypoints"]["AP"], 0.1)


@unittest.skipIf(os.environ.get("TENJO_SANITIZE"), "some minutes of networks, which others wrote")
class ShippedNetworksTest(unittest.TestCase):
    def test_each_look_at_people_is_worth_it(self):
        with tempfile.TemporaryDirectory() as folder:
            made = subprocess.run([TENJO, "synth", folder, "--images", "12", "--seed", "31", "--size", "480x360", "--camera", "fisheye",
                                   "--tilt", "0-10", "--quiet"], capture_output=True, text=True)
            self.assertEqual(made.returncode, 0, made.stderr)

            def precision(*options):
                scored = tenjo("--gt", f"{folder}/annotations.json", "--model", "pose", "--visible-only", "--size", "0x360", "--json", "-",
                               "--quiet", *options)
                return json.loads(scored.stdout)["keypoints"]["AP"]

            first, second, third = precision("--refine", "off"), precision("--third-look", "off"), precision()
            self.assertGreater(second, first + 0.1)
            self.assertGreater(third, second)


if __name__ == "__main__":
    unittest.main()
