#!/usr/bin/env python3
"""Person boxes from above: the shipped network beside Open Model Zoo's detectors, on a set of `tenjo synth`.

    bench/detect.py TENJO SET [--model NETWORK ...] [--size 0x480]

SET is a folder with annotations.json and images/. Rows: each --model (default: pose, and human-pose-estimation-0001, whose
boxes are drawn about its skeletons), then person-detection-retail-0013 run by OpenVINO at its own 544x320. An upright box
counts as a rotated one of angle 0.
"""
import argparse
import json
import pathlib
import subprocess
import tempfile

import cv2
import numpy as np
import openvino

ZOO = pathlib.Path(__file__).resolve().parent.parent.parent / "shared" / "data" / "omz"


def boxes_of_0013(images, folder):
    core = openvino.Core()
    compiled = core.compile_model(str(ZOO / "person-detection-retail-0013/person-detection-retail-0013.xml"), "CPU")
    _, _, height, width = compiled.input(0).shape
    results = []
    for image in images:
        picture = cv2.imread(str(folder / image["file_name"]))
        fed = cv2.resize(picture, (width, height)).transpose(2, 0, 1)[None].astype(np.float32)
        for _, label, score, x0, y0, x1, y1 in next(iter(compiled([fed]).values())).reshape(-1, 7):
            if score > 0.02 and label == 1:
                w, h = picture.shape[1], picture.shape[0]
                results.append({"image_id": image["id"], "category_id": 1, "score": float(score),
                                "bbox": [float(x0 * w), float(y0 * h), float((x1 - x0) * w), float((y1 - y0) * h)]})
    return results


def scored(tenjo, arguments):
    with tempfile.TemporaryDirectory() as scratch:
        answer = pathlib.Path(scratch) / "answer.json"
        subprocess.run([tenjo, "eval", "detect", *map(str, arguments), "--json", answer], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return json.loads(answer.read_text())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tenjo")
    parser.add_argument("set", type=pathlib.Path)
    parser.add_argument("--model", action="append")
    parser.add_argument("--size", default="0x480")
    args = parser.parse_args()
    truth, folder = args.set / "annotations.json", args.set / "images"
    models = args.model or ["pose", ZOO / "human-pose-estimation-0001/human-pose-estimation-0001.xml"]
    rows = {str(model).rsplit("/", 1)[-1]:
            ["--images", folder, "--model", model, "--size", args.size] for model in models}
    with tempfile.TemporaryDirectory() as scratch:
        found = pathlib.Path(scratch) / "0013.json"
        found.write_text(json.dumps(boxes_of_0013(json.loads(truth.read_text())["images"], folder)))
        rows["person-detection-retail-0013"] = ["--dt", found]
        print(f"{'boxes of':<36} {'upright AP':>10} {'AP50':>6} {'recall':>6} {'rotated AP':>10} {'AP50':>6} {'recall':>6}")
        for name, arguments in rows.items():
            answer = scored(args.tenjo, ["--gt", truth, *arguments])
            cells = []
            for kind in ("upright", "rotated"):
                cells += [answer[kind]["AP"], answer[kind]["AP50"], answer["recall50"][kind]]
            print("{:<36} {:10.3f} {:6.3f} {:6.3f} {:10.3f} {:6.3f} {:6.3f}".format(name, *cells))


if __name__ == "__main__":
    main()
