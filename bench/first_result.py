#!/usr/bin/env python3
"""Seconds from the start of `tenjo run` to its first line, with an empty and with a warm cache of compiled networks.

    bench/first_result.py TENJO [--rounds 5] [--model FILE] [--video FILE]
"""
import argparse
import pathlib
import statistics
import subprocess
import tempfile
import time

DATA = pathlib.Path(__file__).resolve().parent.parent.parent / "shared" / "data"


def first_line_s(args, cache):
    start = time.perf_counter()
    with subprocess.Popen([args.tenjo, "run", args.video, "--model", args.model, "--cache", cache, "--quiet"],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        line = process.stdout.readline()
        seconds = time.perf_counter() - start
        process.kill()
    assert line.startswith(b"{"), line
    return seconds


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tenjo")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--model", default=str(DATA / "omz" / "human-pose-estimation-0001" / "human-pose-estimation-0001.xml"))
    parser.add_argument("--video", default=str(DATA / "video" / "one-by-one-person-detection.mp4"))
    args = parser.parse_args()
    cold, warm = [], []
    for _ in range(args.rounds):
        with tempfile.TemporaryDirectory() as cache:
            cold.append(first_line_s(args, cache))
            warm.append(first_line_s(args, cache))
    print(f"first result, median of {args.rounds}: cold cache {statistics.median(cold):.2f} s, "
          f"warm cache {statistics.median(warm):.2f} s (bar 1.5 s), worst warm {max(warm):.2f} s")


if __name__ == "__main__":
    main()
