#!/usr/bin/env python3
"""Does the loader slow training down? images/s of `tenjo train` on a set, against the same network
and batch on one batch that stays in memory. Usage: training_loader.py TENJO SET [KEY=VALUE...]

Rounds are interleaved; the medians' ratio is printed."""

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
steps = 12
batch = 8
crop = "256x256"
log_every = 1
checkpoint_every = 1000
[[data]]
annotations = "{annotations}"
"""
ROUNDS = 3
SKIPPED = 2


def speed(tenjo, recipe, overrides, memory):
    with tempfile.TemporaryDirectory() as out:
        environment = dict(os.environ)
        if memory:
            environment["TENJO_TRAIN_RANDOM_TENSORS"] = "1"
        subprocess.run([tenjo, "train", recipe, "--out", out, "--quiet", *overrides], check=True, env=environment)
        lines = (pathlib.Path(out) / "metrics.jsonl").read_text().splitlines()
        return [json.loads(line)["images_per_s"] for line in lines if "rate" in json.loads(line)][SKIPPED:]


def main():
    tenjo, annotations, *overrides = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        for name, network in [("default, 1 stage", "stages = 1"), ("half width, 0 stages", "width = 0.5\nstages = 0")]:
            recipe = pathlib.Path(folder) / "bench.toml"
            recipe.write_text(RECIPE.format(network=network, annotations=pathlib.Path(annotations).resolve()))
            found = {True: [], False: []}
            for _ in range(ROUNDS):
                for memory in (True, False):
                    found[memory] += speed(tenjo, recipe, overrides, memory)
            loaded, random = statistics.median(found[False]), statistics.median(found[True])
            print(f"{name}: {loaded:.2f} images/s loaded, {random:.2f} on random tensors, ratio {loaded / random:.3f}")


if __name__ == "__main__":
    main()
