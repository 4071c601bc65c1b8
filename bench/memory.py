#!/usr/bin/env python3
"""Memory of `tenjo run` on a looped video: resident set every few seconds, its peak, and how flat it is.

    bench/memory.py TENJO [--frames 20000] [--model FILE] [--video FILE] [more options of tenjo run ...]
"""
import argparse
import pathlib
import subprocess
import time

DATA = pathlib.Path(__file__).resolve().parent.parent.parent / "shared" / "data"


def status_mb(pid, key):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1]) / 1024
    return 0.0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tenjo")
    parser.add_argument("--frames", type=int, default=20000)
    parser.add_argument("--every", type=float, default=2, help="seconds between looks")
    parser.add_argument("--model", default=str(DATA / "omz" / "human-pose-estimation-0001" / "human-pose-estimation-0001.xml"))
    parser.add_argument("--video", default=str(DATA / "video" / "one-by-one-person-detection.mp4"))
    args, more = parser.parse_known_args()
    process = subprocess.Popen([args.tenjo, "run", args.video, "--model", args.model, "--loop", "--max-frames",
                                str(args.frames), "--out", "/dev/null", "--quiet", *more])
    looks, peak = [], 0.0
    while process.poll() is None:
        try:
            looks.append(status_mb(process.pid, "VmRSS"))
            peak = max(peak, status_mb(process.pid, "VmHWM"))
        except FileNotFoundError:
            break
        time.sleep(args.every)
    looks = [mb for mb in looks if mb > 0]
    tenth = max(1, len(looks) // 10)
    early = max(looks[tenth:2 * tenth] or looks)
    late = max(looks[-tenth:])
    print(f"exit {process.wait()}, {args.frames} frames, {len(looks)} looks")
    print(f"peak {peak:.0f} MB (bar 400 MB); second tenth of the run {early:.1f} MB, last tenth {late:.1f} MB, "
          f"growth {100 * (late / early - 1):.2f} %")


if __name__ == "__main__":
    main()
