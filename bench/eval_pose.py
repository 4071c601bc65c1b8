#!/usr/bin/env python3
"""`tenjo eval pose` against pycocotools on 5,000 images: keypoint and box AP of the same made-up results.

Both sides run one after the other, several rounds, each on one thread; what is compared is processor time, which a
busy machine disturbs less than the clock on the wall. Two ratios: with reading both JSON files (starting Python and its
imports are not counted), and without.

    bench/eval_pose.py [--bench build/release/bench/eval_pose_bench] [--images 5000] [--rounds 5]
"""
import argparse
import contextlib
import io
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

ROOT = pathlib.Path(__file__).resolve().parent.parent


def make_set(images, rng):
    """As many people and results as a bottom-up network finds on COCO val2017: 2.2 people an image, about 9 results."""
    truth = {"images": [], "annotations": [], "categories": [{"id": 1, "name": "person"}]}
    results = []
    for image in range(1, images + 1):
        truth["images"].append({"id": image, "width": 640, "height": 480, "file_name": f"{image:012}.jpg"})
        for _ in range(rng.poisson(2.2)):
            h = np.exp(rng.uniform(np.log(20), np.log(400)))
            w, x, y = h * rng.uniform(0.3, 0.8), rng.uniform(0, 500), rng.uniform(0, 400)
            points = np.stack([rng.uniform(x, x + w, 17).round(), rng.uniform(y, y + h, 17).round(),
                               rng.choice([0, 1, 2], 17, p=[0.4, 0.1, 0.5])], 1)
            points[points[:, 2] == 0] = 0
            crowd = int(rng.random() < 0.02)
            truth["annotations"].append({
                "id": len(truth["annotations"]) + 1, "image_id": image, "category_id": 1, "iscrowd": crowd,
                "bbox": [round(v, 2) for v in (x, y, w, h)], "area": round(w * h * 0.6, 4),
                "keypoints": points.astype(int).reshape(-1).tolist(), "num_keypoints": int((points[:, 2] > 0).sum()),
                "segmentation": [rng.uniform(0, 500, 40).round(2).tolist()]})
            for _ in range(rng.poisson(2)):
                found = points.copy()
                found[:, :2] += rng.normal(0, 0.06 * h, (17, 2))
                results.append((image, found, [x, y, w, h], rng.random()))
        for _ in range(rng.poisson(5)):
            found = rng.uniform(0, 640, (17, 3))
            results.append((image, found, rng.uniform(5, 300, 4), 0.5 * rng.random()))
    results = [{"image_id": image, "category_id": 1, "keypoints": points.round(2).reshape(-1).tolist(),
                "bbox": np.abs(box).round(2).tolist(), "score": round(float(score), 6)}
               for image, points, box, score in results]
    return truth, results


def run_peer(gt, dt):
    with contextlib.redirect_stdout(io.StringIO()):
        start = time.process_time()
        truth = COCO(str(gt))
        found = truth.loadRes(str(dt))
        loaded = time.process_time()
        stats = []
        for kind in ("keypoints", "bbox"):
            evaluation = COCOeval(truth, found, kind)
            evaluation.evaluate()
            evaluation.accumulate()
            evaluation.summarize()
            stats.append(evaluation.stats.tolist())
    return time.process_time() - start, time.process_time() - loaded, stats


def run_tenjo(bench, gt, dt):
    result = subprocess.run([bench, str(gt), str(dt)], check=True, stdout=subprocess.PIPE)
    answer = json.loads(result.stdout)
    return answer["read_s"] + answer["evaluate_s"], answer["evaluate_s"], [answer["keypoints"], answer["boxes"]]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--bench", default=ROOT / "build/release/bench/eval_pose_bench")
    parser.add_argument("--images", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--bar", type=float, default=50, help="least ratio, reading included; below it the exit is 1")
    args = parser.parse_args()
    truth, results = make_set(args.images, np.random.default_rng(1))
    whole, alone = [], []
    with tempfile.TemporaryDirectory() as folder:
        gt, dt = pathlib.Path(folder) / "gt.json", pathlib.Path(folder) / "dt.json"
        gt.write_text(json.dumps(truth))
        dt.write_text(json.dumps(results))
        print(f"{args.images} images, {len(truth['annotations'])} people, {len(results)} results, "
              f"{(gt.stat().st_size + dt.stat().st_size) / 1e6:.0f} MB of JSON")
        for number in range(1, args.rounds + 1):
            theirs = run_peer(gt, dt)
            ours = run_tenjo(args.bench, gt, dt)
            if theirs[2] != ours[2]:
                print("the two answer differently")
                return 1
            whole.append(theirs[0] / ours[0])
            alone.append(theirs[1] / ours[1])
            print(f"round {number}: pycocotools {theirs[0]:.2f} s ({theirs[1]:.2f} without reading), Tenjo "
                  f"{1e3 * ours[0]:.0f} ms ({1e3 * ours[1]:.0f}): {whole[-1]:.0f} times ({alone[-1]:.0f})", flush=True)
    print(f"medians: {statistics.median(whole):.0f} times with reading, {statistics.median(alone):.0f} without "
          f"(bar: {args.bar:.0f})")
    return 0 if statistics.median(whole) >= args.bar else 1


if __name__ == "__main__":
    sys.exit(main())
