#!/usr/bin/env python3
"""Frames per second of Tenjo's SORT and of a Python SORT (bench/peers/sort_python.py: filterpy and
scipy) on the detections of the 11 MOT15 training sequences.

Both run one after the other, several rounds, on the same machine. Only the tracker's updates are
timed on both sides: reading the files is not, nor is starting the programs. The ratio of a round is
of the two runs in it; the median of the rounds is what counts.

    build/venv/bin/python3 bench/sort.py [--program build/release/bench/sort_bench] [--rounds 5]
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "bench" / "peers"))


def read_sequences(folder):
    """For each sequence its boxes (x1, y1, x2, y2) by frame, from frame 1 to the last one that has any."""
    import numpy as np

    sequences = []
    for path in sorted(folder.glob("*/det.txt")):
        table = np.loadtxt(path, delimiter=",", ndmin=2)
        boxes = table[:, 2:6].copy()
        boxes[:, 2:] += boxes[:, :2]
        frames = table[:, 0].astype(int)
        sequences.append([boxes[frames == frame] for frame in range(1, frames.max() + 1)])
    return sequences


def run_python(sequences):
    from sort_python import Sort

    frames = boxes = 0
    start = time.perf_counter()
    for sequence in sequences:
        tracker = Sort()
        for detections in sequence:
            boxes += len(tracker.update(detections))
        frames += len(sequence)
    return frames / (time.perf_counter() - start), boxes


def run_tenjo(program):
    result = subprocess.run(
        [program, "--benchmark_format=json", "--benchmark_min_time=0.5"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    bench = json.loads(result.stdout)["benchmarks"][0]
    # By the clock on the wall, as the other side.
    return bench["frames"] / (bench["real_time"] * 1e-3), int(bench["boxes"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--program", default=ROOT / "build/release/bench/sort_bench")
    parser.add_argument("--data", type=Path,
                        default=os.environ.get("TENJO_SHARED_DATA", ROOT / "../shared/data"))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--bar", type=float, default=100, help="least ratio; below it the exit is 1")
    arguments = parser.parse_args()
    folder = Path(arguments.data) / "mot15"
    if not folder.is_dir():
        print(f"skipped: needs the measuring data {folder}")
        return 0

    sequences = read_sequences(folder)
    ratios = []
    for number in range(1, arguments.rounds + 1):
        python_fps, python_boxes = run_python(sequences)
        tenjo_fps, tenjo_boxes = run_tenjo(arguments.program)
        if python_boxes != tenjo_boxes:
            print(f"the two answer differently: {python_boxes} and {tenjo_boxes} boxes")
            return 1
        ratios.append(tenjo_fps / python_fps)
        print(f"round {number}: Python {python_fps:8.0f} frames/s, Tenjo {tenjo_fps:10.0f} frames/s, "
              f"{ratios[-1]:6.0f} times", flush=True)
    ratio = statistics.median(ratios)
    print(f"{len(sequences)} sequences, {sum(map(len, sequences))} frames, {tenjo_boxes} boxes from each: "
          f"Tenjo is {ratio:.0f} times as fast (median; bar: {arguments.bar:.0f})")
    return 0 if ratio >= arguments.bar else 1


if __name__ == "__main__":
    sys.exit(main())
