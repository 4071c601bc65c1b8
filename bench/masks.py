#!/usr/bin/env python3
"""Is a plain box enough where others draw a polygon round each person? Trains the same network three times, with
`--mask segmentation`, `box` and `none`: same pictures, same steps, same seed. Keypoint AP side by side.

    bench/masks.py TENJO --annotations FILE --images DIR [--steps 2000] [--seeds 2] [--unlabel 0.5] [--out FOLDER]
                   [--start NETWORK] [--gt FILE --gt-images DIR] [KEY=VALUE of the recipe ...]

Only photographs are used in which every person has a polygon of its own. --unlabel takes the keypoints (not the outlines)
away from that share of the people who have some, as where only some people of a picture were labelled: these are what
masks are for. COCO alone has few such people. Runs that are whole in FOLDER are not repeated; a run cut short goes on.
--gt is measured by `tenjo eval pose --size 0x368`; left out, it is coco-person/val. AP is of the last network (the mean of weights).
"""
import argparse
import json
import pathlib
import random
import statistics
import subprocess
import sys

DATA = pathlib.Path(__file__).resolve().parent.parent.parent / "shared" / "data"
MASKS = ("segmentation", "box", "none")
RECIPE = """
name = "masks"
[network]
start = "{start}"
[train]
steps = {steps}
batch = 8
crop = "256x256"
learning_rate = 1e-4
warmup = 50
clip = 2000
ema = 0.99
checkpoint_every = 250
[augment]
rotation = 40
whole = 0.15
[[data]]
annotations = "{annotations}"
images = "{images}"
"""


def labelled_set(args, out):
    """The photographs whose people all have polygons, some of the keypoints taken away; what was taken is counted."""
    truth = json.loads(args.annotations.read_text())
    people = {}
    for person in truth["annotations"]:
        people.setdefault(person["image_id"], []).append(person)
    whole = [image for image in truth["images"] if people.get(image["id"]) and all(
        person.get("segmentation") and not person.get("area_is_estimate") for person in people[image["id"]])]
    dice = random.Random(7)
    counts = {"pictures": len(whole), "people": 0, "labelled": 0, "unlabelled": 0, "of them taken away": 0}
    kept = []
    for image in whole:
        for person in people[image["id"]]:
            person = dict(person)
            if person["num_keypoints"] > 0 and not person["iscrowd"] and dice.random() < args.unlabel:
                person["keypoints"], person["num_keypoints"] = [0] * 51, 0
                counts["of them taken away"] += 1
            counts["people"] += 1
            counts["labelled" if person["num_keypoints"] > 0 else "unlabelled"] += 1
            kept.append(person)
    if counts["labelled"] == 0:
        sys.exit(f"{args.annotations} has no photograph whose people all have a polygon and some keypoints")
    path = out / f"set-{args.unlabel}.json"
    path.write_text(json.dumps({**truth, "images": whole, "annotations": kept}))
    return path, counts


def run(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stderr}")
    return done.stdout


def average_precision(args, network):
    figures = json.loads(run(args.tenjo, "eval", "pose", "--gt", args.gt, "--images", args.gt_images, "--model", network, "--size",
                             "0x368", "--json", "-", "--quiet"))
    return figures["keypoints"]["AP"], figures["keypoints"]["AP50"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tenjo")
    parser.add_argument("--annotations", type=pathlib.Path, required=True)
    parser.add_argument("--images", type=pathlib.Path, required=True)
    parser.add_argument("--start", type=pathlib.Path,
                        default=DATA / "omz" / "human-pose-estimation-0001" / "human-pose-estimation-0001.xml")
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--unlabel", type=float, default=0.5)
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("runs/masks"))
    parser.add_argument("--gt", type=pathlib.Path, default=DATA / "coco-person" / "person_keypoints_val.json")
    parser.add_argument("--gt-images", type=pathlib.Path, default=DATA / "coco-person" / "val")
    parser.add_argument("overrides", nargs="*", metavar="KEY=VALUE")
    args = parser.parse_intermixed_args()
    args.out.mkdir(parents=True, exist_ok=True)
    annotations, counts = labelled_set(args, args.out)
    print(", ".join(f"{count} {what}" for what, count in counts.items()), flush=True)
    recipe = args.out / "masks.toml"
    recipe.write_text(RECIPE.format(start=args.start.resolve(), steps=args.steps, annotations=annotations.resolve(),
                                    images=args.images.resolve()))
    found = {mask: [] for mask in MASKS}
    for seed in range(args.seeds):
        for mask in MASKS:
            folder = args.out / f"{mask}-{args.unlabel}-{args.steps}-{seed}"
            if not (folder / "last.onnx").exists():
                run(args.tenjo, "train", recipe, "--out", folder, "--resume", "--quiet", "--mask", mask, "--seed", seed,
                    *args.overrides)
            found[mask].append(average_precision(args, folder / "last.onnx"))
            print(f"seed {seed}, {mask}: AP {found[mask][-1][0]:.4f}, AP50 {found[mask][-1][1]:.4f}", flush=True)
    start = average_precision(args, args.start)
    print(f"\n{args.steps} steps, {args.seeds} seeds, {args.unlabel:g} of the labelled people without their labels\n")
    print("| mask | AP, mean (each seed) | AP50 |\n| --- | --- | --- |")
    print(f"| (before training) | {start[0]:.4f} | {start[1]:.4f} |")
    for mask, values in found.items():
        each = ", ".join(f"{ap:.4f}" for ap, _ in values)
        print(f"| {mask} | {statistics.mean(ap for ap, _ in values):.4f} ({each}) | "
              f"{statistics.mean(ap50 for _, ap50 in values):.4f} |")


if __name__ == "__main__":
    main()
