#!/usr/bin/env python3
"""AP of person boxes on a rendered test set: networks with person heads, human-pose-estimation-0001's boxes about
skeletons, and Open Model Zoo's person-detection-retail-0013, which knows upright people only.

    bench/detect_ap.py TENJO SET [--networks pose,FILE,...] [--size 0x480] [more options of tenjo eval detect ...]

SET is a folder of `tenjo synth --images ... --split test`; `--lens fisheye --tilt 0-15` asks for the pictures straight
from above. All are scored by `tenjo eval detect` against the same truth. 0013's boxes are upright, so its rotated AP is that
of boxes with the angle 0; it is run by OpenVINO's Python at its own 544x320, all boxes over a score of 0.02.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import cv2
import numpy as np
import openvino

DATA = pathlib.Path(__file__).resolve().parent.parent.parent / "shared" / "data"
POSES = DATA / "omz" / "human-pose-estimation-0001" / "human-pose-estimation-0001.xml"
BOXES = DATA / "omz" / "person-detection-retail-0013" / "person-detection-retail-0013.xml"
LEAST = 0.02


def boxes_of_0013(truth, images):
    compiled = openvino.Core().compile_model(str(BOXES), "CPU")
    _, _, height, width = compiled.input(0).shape
    results = []
    for image in truth["images"]:
        picture = cv2.imread(str(images / image["file_name"]))
        fed = cv2.resize(picture, (width, height)).transpose(2, 0, 1)[None].astype(np.float32)
        for _, kind, score, x1, y1, x2, y2 in compiled([fed])[0].reshape(-1, 7):
            if kind == 1 and score >= LEAST and x2 > x1 and y2 > y1:
                results.append({"image_id": image["id"], "category_id": 1, "score": float(score),
                                "bbox": [float(x1 * image["width"]), float(y1 * image["height"]),
                                         float((x2 - x1) * image["width"]), float((y2 - y1) * image["height"])]})
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tenjo")
    parser.add_argument("set", type=pathlib.Path)
    parser.add_argument("--networks", default="pose")
    parser.add_argument("--size", default="0x480")
    args, more = parser.parse_known_args()
    gt, images = args.set / "annotations.json", args.set / "images"
    networks = args.networks.split(",") + [str(POSES)] * POSES.exists()
    with tempfile.TemporaryDirectory() as folder:
        sources = {pathlib.Path(name).stem: ["--model", name, "--images", images, "--size", args.size] for name in networks}
        if BOXES.exists():
            peer = pathlib.Path(folder) / "boxes.json"
            peer.write_text(json.dumps(boxes_of_0013(json.loads(gt.read_text()), images)))
            sources[BOXES.stem] = ["--dt", peer]
        print("| network | rotated AP50 | rotated AP | upright AP50 | upright AP |\n| --- | --- | --- | --- | --- |")
        for name, source in sources.items():
            done = subprocess.run([args.tenjo, "eval", "detect", "--gt", gt, *map(str, source), "--json", "-", "--quiet", *more],
                                  capture_output=True, text=True)
            if done.returncode != 0:
                sys.exit(done.stderr)
            figures = json.loads(done.stdout)
            cells = [figures[kind][key] for kind in ("rotated", "upright") for key in ("AP50", "AP")]
            print(f"| {name} | " + " | ".join(f"{value:.3f}" for value in cells) + " |", flush=True)


if __name__ == "__main__":
    main()
