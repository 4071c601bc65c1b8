#!/usr/bin/env python3
"""How real rendered people look to a network that never saw one: COCO keypoint AP of human-pose-estimation-0001.

Renders pictures of oblique cameras (30-50 degrees below the horizon), runs `tenjo run --coco` over them, and evaluates
with pycocotools over the visible keypoints of people who are 80-250 px tall. As in COCO's own size ranges, others are
neither asked for nor counted as mistakes, and an answer of another size that meets nobody is no mistake either.

    bench/synth_realism.py TENJO [--images 500] [--seed 1] [--keep FOLDER] [more options of tenjo synth ...]
    bench/synth_realism.py TENJO --photos       # COCO's photographs, asked the same way, for comparison
"""
import argparse
import json
import pathlib
import subprocess
import tempfile

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

DATA = pathlib.Path(__file__).resolve().parent.parent.parent / "shared" / "data"
MODEL = DATA / "omz" / "human-pose-estimation-0001" / "human-pose-estimation-0001.xml"
PHOTOS = DATA / "coco-person"
TALL = (80, 250)  # pixels


def render(args, more, folder):
    subprocess.run([args.tenjo, "synth", str(folder), "--images", str(args.images), "--seed", str(args.seed),
                    "--size", "640x480", "--camera", "wide", "--tilt", "40-60", "--people", "1-5", "--height", "2.8-5",
                    *more], check=True)


def visible_truth(file, tall=TALL):
    """A COCO file with hidden keypoints taken out, and people of other sizes to be ignored."""
    truth = json.loads(file.read_text())
    asked = 0
    for person in truth["annotations"]:
        points = np.array(person.get("keypoints", [0] * 51), float).reshape(-1, 3)
        points[points[:, 2] < 2] = 0
        person["keypoints"] = points.reshape(-1).tolist()
        person["num_keypoints"] = int((points[:, 2] > 0).sum())
        if not tall[0] <= person["bbox"][3] <= tall[1]:
            person["num_keypoints"] = 0
        asked += person["num_keypoints"] > 0
    return truth, asked


class HeightRange(COCOeval):
    """COCO ignores an unmatched answer whose size is outside the range that is asked for; here sizes are heights."""

    def evaluateImg(self, imgId, catId, aRng, maxDet):
        found = super().evaluateImg(imgId, catId, aRng, maxDet)
        if found is not None:
            other = np.array([not TALL[0] <= self.cocoDt.anns[i]["bbox"][3] <= TALL[1] for i in found["dtIds"]], bool)
            found["dtIgnore"] = np.logical_or(found["dtIgnore"], (found["dtMatches"] == 0) & other[None, :])
        return found


def evaluate(folder, truth, results):
    visible = folder / "visible.json"
    visible.write_text(json.dumps(truth))
    coco = COCO(str(visible))
    evaluation = HeightRange(coco, coco.loadRes(json.loads(results.read_text())), "keypoints")
    # COCO leaves people under 32 x 32 px of mask out; here the height says who is asked for.
    evaluation.params.areaRng = [[0, 1e10]] * 3
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    return evaluation


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tenjo")
    parser.add_argument("--images", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--model", default=MODEL)
    # At the pictures' own height: so are COCO's photographs (368 or less) shown to this network in its own figures, and
    # only so are the people it sees 80-250 px tall.
    parser.add_argument("--input", default="0x480", help="input size of the network (default 0x480, the pictures' own)")
    parser.add_argument("--photos", action="store_true", help="measure COCO's photographs instead")
    parser.add_argument("--keep", help="folder for the pictures, which are kept there")
    args, more = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as temporary:
        if args.photos:
            folder = pathlib.Path(temporary)
            images, labels, size = PHOTOS / "val", PHOTOS / "person_keypoints_val.json", "0x368"
        else:
            folder = pathlib.Path(args.keep or pathlib.Path(temporary) / "set")
            images, labels, size = folder / "images", folder / "annotations.json", args.input
            if not labels.exists():
                render(args, more, folder)
        results = folder / "results.json"
        subprocess.run([args.tenjo, "run", str(images), "--model", str(args.model), "--size", size,
                        "--out", "", "--coco", str(results)], check=True)
        truth, asked = visible_truth(labels)
        print(f"{len(truth['images'])} pictures, {len(truth['annotations'])} people, {asked} of them asked for")
        evaluation = evaluate(folder, truth, results)
        print(f"AP {evaluation.stats[0]:.3f}, AP50 {evaluation.stats[1]:.3f}")


if __name__ == "__main__":
    main()
