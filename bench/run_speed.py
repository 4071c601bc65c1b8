#!/usr/bin/env python3
"""Frames per second of the whole `tenjo run` with the shipped networks, in FP32 and in 8 bits, beside
human-pose-estimation-0001's INT8 IR in the same program on the same video.

    bench/run_speed.py TENJO [--rounds 5] [--frames 300] [--models pose,pose-small] [--video FILE] [more of tenjo run ...]

Each round runs all of them in turn; a ratio is of two runs of one round, the median of the rounds is printed. Names of
networks that are not there are left out, files may be named. Everything but the network is the same for all rows.
"""
import argparse
import pathlib
import re
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data"
PEER = DATA / "omz" / "human-pose-estimation-0001" / "human-pose-estimation-0001.xml"


def fps(args, options):
    part = ["--max-frames", str(args.frames)] if args.frames else []
    done = subprocess.run([args.tenjo, "run", args.video, *options, "--out", "/dev/null", *part, *args.more],
                          capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stderr)
    return float(re.search(r"([0-9.]+) fps in", done.stderr)[1])


def rows(args):
    found = {"human-pose-estimation-0001, INT8 IR": ["--model", str(PEER)]}
    for name in args.models.split(","):
        file = pathlib.Path(name) if "/" in name else ROOT / "models" / f"tenjo-{name}.onnx"
        if not file.exists():
            continue
        found[f"{file.stem}, FP32"] = ["--model", str(file), "--precision", "fp32"]
        if file.with_name(f"{file.stem}-int8.onnx").exists():
            found[f"{file.stem}, INT8"] = ["--model", str(file), "--precision", "int8"]
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tenjo")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--frames", type=int, default=300, help="of the video in each run; 0: all")
    parser.add_argument("--models", default="pose,pose-small")
    parser.add_argument("--video", default=str(DATA / "video" / "one-by-one-person-detection.mp4"))
    args, args.more = parser.parse_known_args()
    flags = re.search(r"^flags\s*:(.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.M)
    words = set(flags[1].split()) if flags else set()
    has = [name for name, any_of in (("AVX2", {"avx2"}), ("AVX-512", {"avx512f"}), ("VNNI", {"avx512_vnni", "avx_vnni"}),
                                     ("AMX", {"amx_int8"})) if words & any_of]
    measured = {name: [] for name in rows(args)}
    for _ in range(args.rounds):
        for name, options in rows(args).items():
            measured[name].append(fps(args, options))
    peer = next(iter(measured))
    print(f"{args.rounds} rounds of {args.frames or 'all'} frames; the processor has {', '.join(has) or 'none of AVX2 to AMX'}")
    print("| network | fps, median (range) | over human-pose-estimation-0001 |\n| --- | --- | --- |")
    for name, values in measured.items():
        ratio = statistics.median(a / b for a, b in zip(values, measured[peer]))
        print(f"| {name} | {statistics.median(values):.1f} ({min(values):.1f}-{max(values):.1f}) | {ratio:.2f} |")


if __name__ == "__main__":
    main()
