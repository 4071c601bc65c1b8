#!/usr/bin/env python3
"""Decoding of pose maps: Tenjo against the same work in Python with OpenCV and numpy.

Both decode the same drawn maps (16 frames of 57x32, one person and a crowd of 20), on one core,
turn by turn; what they find is compared first. Prints the medians and their ratio.

    python3 bench/decode.py [--bench build/release/bench/decode_bench] [--rounds 7]
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import cv2
import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "peers"))
import decode_python  # noqa: E402

WIDTH, HEIGHT = 57, 32


def read_frames(folder, count):
    maps = np.fromfile(folder / f"people{count}.raw", np.float32).reshape(-1, 57, HEIGHT, WIDTH)
    frames = [(np.ascontiguousarray(m[:19]), np.ascontiguousarray(m[19:])) for m in maps]
    people = [[] for _ in frames]
    for line in (folder / f"people{count}.txt").read_text().splitlines():
        numbers = [float(x) for x in line.split()]
        people[int(numbers[0])].append((numbers[1], np.array(numbers[2:]).reshape(17, 3)))
    return frames, people


def check_same(frames, people, count):
    different = 0
    total = 0
    for (heatmaps, pafs), ours in zip(frames, people):
        theirs = decode_python.decode(heatmaps, pafs)
        total += len(theirs)
        for i in range(max(len(ours), len(theirs))):
            same = (i < len(ours) and i < len(theirs) and
                    np.abs(ours[i][1][:, :2] - theirs[i][1][:, :2]).max() <= 0.5)
            different += not same
    print(f"{count:3d} drawn: {total / len(frames):.1f} people a frame, "
          f"{different} of {total} differ between the two decoders")
    return different == 0


def time_tenjo(bench, count):
    out = subprocess.run(
        [bench, f"--benchmark_filter=Decode/drawn:{count}$", "--benchmark_min_time=0.3",
         "--benchmark_format=json"], check=True, capture_output=True, text=True).stdout
    return json.loads(out)["benchmarks"][0]["cpu_time"] / 1000


def time_python(frames):
    start = time.process_time()
    for heatmaps, pafs in frames:
        decode_python.decode(heatmaps, pafs)
    return (time.process_time() - start) * 1000 / len(frames)


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--bench", default=str(root / "build/release/bench/decode_bench"),
                        help="the program built of bench/decode_bench.cc")
    parser.add_argument("--rounds", type=int, default=7)
    args = parser.parse_args()
    if not pathlib.Path(args.bench).is_file():
        sys.exit(f"{args.bench} is missing; build it with: cmake --build build/release "
                 "--target decode_bench")
    cv2.setNumThreads(1)
    good = True
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([args.bench, f"--dump={folder}"], check=True)
        for count in (1, 20):
            frames, people = read_frames(pathlib.Path(folder), count)
            good = check_same(frames, people, count) and good
            tenjo, python = [], []
            for _ in range(args.rounds):
                tenjo.append(time_tenjo(args.bench, count))
                python.append(time_python(frames))
            ours, theirs = statistics.median(tenjo), statistics.median(python)
            print(f"{count:3d} drawn: Tenjo {ours:.3f} ms, Python {theirs:.2f} ms a frame, "
                  f"ratio {theirs / ours:.1f}")
            if count == 20:
                good = good and ours < 1 and theirs / ours >= 20
    print("bars: 20 people under 1 ms and at least 20 times faster:", "met" if good else "MISSED")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
