#!/usr/bin/env python3
"""COCO keypoint AP of one network by OpenVINO and by ONNX Runtime, on the 300 images of coco-person/val.

    bench/int8_runtimes.py MODEL-int8.onnx

Both answer the same inputs (height 368, aspect kept, padded with the mean) and are decoded by the same
Python decoder, so that only the runtimes' arithmetic differs.
"""
import argparse
import json
import pathlib
import sys

import cv2
import numpy as np
import onnxruntime
import openvino
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "peers"))
from decode_python import decode  # noqa: E402

DATA = pathlib.Path(__file__).resolve().parent.parent.parent / "shared" / "data" / "coco-person"
HEIGHT = 368


def average_precision(truth, results):
    evaluation = COCOeval(truth, truth.loadRes(results), "keypoints")
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    return evaluation.stats[0]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("--images", type=pathlib.Path, default=DATA / "val")
    parser.add_argument("--gt", type=pathlib.Path, default=DATA / "person_keypoints_val.json")
    args = parser.parse_args()
    session = onnxruntime.InferenceSession(args.model, providers=["CPUExecutionProvider"])
    facts = session.get_modelmeta().custom_metadata_map
    mean, scale = (np.array(facts[key].split(","), np.float32) for key in ("mean", "scale"))
    names = dict(part.split("=") for part in facts["outputs"].split(","))
    stride = int(facts["stride"])
    source = session.get_inputs()[0].name
    compiled = openvino.Core().compile_model(args.model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    wanted = [names["heatmaps"], names["pafs"]]

    truth = COCO(str(args.gt))
    results = {"OpenVINO": [], "ONNX Runtime": []}
    for image in truth.loadImgs(truth.getImgIds()):
        picture = cv2.imread(str(args.images / image["file_name"]))
        factor = HEIGHT / picture.shape[0]
        width = max(HEIGHT, round(picture.shape[1] * factor))
        padded = -(-width // stride) * stride
        inside = cv2.resize(picture, (round(picture.shape[1] * factor), HEIGHT))
        canvas = np.full((HEIGHT, padded, 3), mean, np.float32)
        canvas[:, :inside.shape[1]] = inside
        if facts["colour"] == "rgb":
            canvas[:, :inside.shape[1]] = inside[:, :, ::-1]
        fed = ((canvas - mean) / scale).transpose(2, 0, 1)[None].astype(np.float32)
        answer = compiled([fed])
        for runtime, maps in (("OpenVINO", [answer[name] for name in wanted]),
                              ("ONNX Runtime", session.run(wanted, {source: fed}))):
            for score, points in decode(np.array(maps[0][0]), np.array(maps[1][0]), stride):
                seen = points[:, 2] > 0
                points[seen, :2] = (points[seen, :2] + 0.5) / factor
                results[runtime].append({"image_id": image["id"], "category_id": 1, "score": float(score),
                                         "keypoints": points.ravel().tolist()})
    print(json.dumps({name: average_precision(truth, found) for name, found in results.items()}))


if __name__ == "__main__":
    main()
