#!/usr/bin/env python3
"""What `tenjo synth` costs, split by part, and how it grows with people, pixels and threads.

    bench/synth.py TENJO [--images 24]

The first row is the bar: 640x480, 4 people, at least 20,000 images/hour on 2 cores. `cpu` is user and system time an
image: on a machine that others use too, 2 cores / cpu is what it would make alone.
"""
import argparse
import os
import pathlib
import re
import resource
import subprocess
import tempfile

PARTS = ["cast", "pose", "tree", "render", "label", "sensor", "write"]


def measure(tenjo, images, size, people, threads, camera="mixed"):
    with tempfile.TemporaryDirectory() as folder:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run([tenjo, "synth", str(pathlib.Path(folder) / "set"), "--images", str(images), "--seed", "3",
                               "--size", size, "--people", str(people), "--camera", camera, "--threads", str(threads)],
                              capture_output=True, text=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    rate = float(re.search(r"([\d.]+) images/hour, \S*annotations", done.stderr)[1])
    parts = [float(re.search(rf"{part}\s+([\d.]+) ms", done.stderr)[1]) for part in PARTS]
    return rate, 1000 * cpu / images, parts


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tenjo")
    parser.add_argument("--images", type=int, default=24)
    args = parser.parse_args()
    cores = os.cpu_count()
    rows = [("640x480", 4, cores, "mixed"), ("640x480", 4, cores, "fisheye"), ("640x480", 4, cores, "wide")]
    rows += [("640x480", people, cores, "mixed") for people in (0, 1, 8, 16)]
    rows += [(size, 4, cores, "mixed") for size in ("320x240", "1280x960")]
    rows += [("640x480", 4, threads, "mixed") for threads in (1, 4)]
    print("| size | people | threads | camera | images/hour | cpu, ms an image | 2 cores alone, images/hour | "
          + " | ".join(PARTS) + " |")
    print("| --- " * (7 + len(PARTS)) + "|")
    for size, people, threads, camera in rows:
        rate, cpu, parts = measure(args.tenjo, args.images, size, people, threads, camera)
        print(f"| {size} | {people} | {threads} | {camera} | {rate:.0f} | {cpu:.0f} | {2 * 3600e3 / cpu:.0f} | "
              + " | ".join(f"{part:.1f}" for part in parts) + " |", flush=True)


if __name__ == "__main__":
    main()
