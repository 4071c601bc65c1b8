#!/usr/bin/env python3
"""Frames per second of the whole `tenjo run` against the network alone: same compiled network, streams and requests, but
no video, no decoding, no tracking. Runs alternate; the ratio is the median over pairs.

    bench/run_vs_network.py BUILD_FOLDER [--rounds 3] [--model FILE] [--video FILE]
"""
import argparse
import json
import pathlib
import re
import statistics
import subprocess

DATA = pathlib.Path(__file__).resolve().parent.parent.parent / "shared" / "data"


def whole_run(tenjo, args):
    part = ["--max-frames", str(args.frames)] if args.frames else []
    result = subprocess.run([tenjo, "run", args.video, "--model", args.model, "--out", "/dev/null", *part], check=True,
                            capture_output=True, text=True)
    return float(re.search(r"([0-9.]+) fps in", result.stderr).group(1)), result.stderr


def network_alone(bench, args, seconds):
    result = subprocess.run([bench, args.model, "--seconds", str(seconds), "--requests", str(args.requests)], check=True,
                            capture_output=True, text=True)
    return json.loads(result.stdout)["fps"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--frames", type=int, default=0, help="of the video in each round; 0: all")
    parser.add_argument("--seconds", type=float, default=20, help="of the network alone, before and after each run")
    parser.add_argument("--requests", type=int, default=0)
    parser.add_argument("--model", default=str(DATA / "omz" / "human-pose-estimation-0001" / "human-pose-estimation-0001.xml"))
    parser.add_argument("--video", default=str(DATA / "video" / "one-by-one-person-detection.mp4"))
    args = parser.parse_args()
    ratios = []
    for number in range(args.rounds):
        alone_before = network_alone(args.build / "bench" / "network_alone_bench", args, args.seconds)
        fps, summary = whole_run(args.build / "tenjo", args)
        alone_after = network_alone(args.build / "bench" / "network_alone_bench", args, args.seconds)
        alone = (alone_before + alone_after) / 2
        ratios.append(fps / alone)
        print(f"round {number + 1}: tenjo run {fps:.2f} fps, network alone {alone_before:.2f} and {alone_after:.2f} fps, "
              f"ratio {ratios[-1]:.3f}", flush=True)
    print(summary.strip())
    print(f"ratio, median of {args.rounds}: {statistics.median(ratios):.3f} (bar 0.95)")


if __name__ == "__main__":
    main()
