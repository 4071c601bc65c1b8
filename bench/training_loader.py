#!/usr/bin/env python3
"""Does the loader slow training down? images/s of `tenjo train` on a set, against the same network and batch on one
batch of noise that stays in memory.

    bench/training_loader.py TENJO SET [--networks default,small] [--rounds 3] [--steps 12] [--images FOLDER] [KEY=VALUE ...]

SET is a COCO file or a folder of `tenjo synth`. Rounds are interleaved, the first two steps of each are left out; the
ratio is that of the medians. "waited" is the share of the time in which no batch was ready.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

RECIPE = """
name = "bench"
[network]
{network}
[train]
steps = {steps}
batch = 8
crop = "256x256"
log_every = 1
checkpoint_every = 100000
[[data]]
annotations = "{annotations}"
{images}
"""
NETWORKS = {"default": ("default, 1 stage", "stages = 1"), "small": ("half width, 0 stages", "width = 0.5\nstages = 0")}
SKIPPED = 2


def train(tenjo, recipe, overrides, memory):
    """Lines of metrics of one training."""
    with tempfile.TemporaryDirectory() as out:
        environment = dict(os.environ)
        if memory:
            environment["TENJO_TRAIN_RANDOM_TENSORS"] = "1"
        done = subprocess.run([tenjo, "train", recipe, "--out", out, "--quiet", *overrides], env=environment,
                              capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(done.stderr)
        lines = [json.loads(line) for line in (pathlib.Path(out) / "metrics.jsonl").read_text().splitlines()]
        return [line for line in lines if "rate" in line][SKIPPED:]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tenjo")
    parser.add_argument("set", type=pathlib.Path)
    parser.add_argument("--images", type=pathlib.Path, help="of a COCO file whose pictures lie elsewhere")
    parser.add_argument("--networks", default="default,small")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("overrides", nargs="*", metavar="KEY=VALUE")
    args = parser.parse_intermixed_args()
    with tempfile.TemporaryDirectory() as folder:
        recipe = pathlib.Path(folder) / "bench.toml"
        for name in args.networks.split(","):
            title, network = NETWORKS[name]
            images = f'images = "{args.images.resolve()}"' if args.images else ""
            recipe.write_text(RECIPE.format(network=network, steps=args.steps + SKIPPED, annotations=args.set.resolve(),
                                            images=images))
            found = {True: [], False: []}
            for _ in range(args.rounds):
                for memory in (True, False):
                    found[memory] += train(args.tenjo, recipe, args.overrides, memory)
            speed = {memory: statistics.median(line["images_per_s"] for line in lines) for memory, lines in found.items()}
            waited = statistics.mean(line["waited"] for line in found[False])
            print(f"{title}: {speed[False]:.2f} images/s loaded, {speed[True]:.2f} on random tensors, "
                  f"ratio {speed[False] / speed[True]:.3f}, waited {100 * waited:.1f} % of the time", flush=True)


if __name__ == "__main__":
    main()
