#!/usr/bin/env python3
"""COCO keypoint AP of `tenjo run --coco` on the 300 images of coco-person/val, by pycocotools.

    bench/coco_ap.py TENJO [--model FILE] [--size 0x368] [more options of tenjo run ...]
"""
import argparse
import json
import pathlib
import subprocess
import tempfile

from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

DATA = pathlib.Path(__file__).resolve().parent.parent.parent / "shared" / "data"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tenjo")
    parser.add_argument("--model", default=DATA / "omz" / "human-pose-estimation-0001" / "human-pose-estimation-0001.xml")
    parser.add_argument("--images", default=DATA / "coco-person" / "val")
    parser.add_argument("--gt", default=DATA / "coco-person" / "person_keypoints_val.json")
    parser.add_argument("--size", default="0x368")
    args, more = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as folder:
        results = pathlib.Path(folder) / "results.json"
        subprocess.run([args.tenjo, "run", str(args.images), "--model", str(args.model), "--size", args.size,
                        "--out", "", "--coco", str(results), *more], check=True)
        truth = COCO(str(args.gt))
        found = truth.loadRes(json.loads(results.read_text()))
        evaluation = COCOeval(truth, found, "keypoints")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()


if __name__ == "__main__":
    main()
