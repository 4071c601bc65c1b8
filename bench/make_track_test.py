#!/usr/bin/env python3
"""Renders the sequences that trackers are judged on: places and cameras that no training ever showed.

    bench/make_track_test.py TENJO OUT [--sequences 20] [--seconds 60] [--fps 10] [--size 640x480] [--threads N]

Three cafes, seen by four cameras (two of them in one cafe), of the test split: its rooms, furniture, clothes, colours
and patterns are never in sets that `tenjo synth` makes without `--split test`. Few to many people (3 to 12) in turn;
in every fourth sequence all are coloured alike. Every sequence is a folder of OUT as docs/synth_sequences.md says.
OUT/index.json says what is in them: how often people cross, are hidden behind furniture or others, leave and return.

A run that was cut short goes on where it was: whole sequences are kept. With the same arguments the files are the same.
Smaller sets for trying out: `--sequences 4 --seconds 5 --size 320x240`. Needs only Python.
"""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys

# (place seed, camera seed, lens): three rooms, four cameras.
CAMERAS = ((101, 1, "fisheye"), (101, 2, "wide"), (102, 3, "fisheye"), (103, 4, "wide"))
PEOPLE = ("3-5", "4-8", "6-10", "8-12", "3-12")
HIDDEN = 0.1  # visibility below which somebody counts as hidden
CROSSING = 0.25  # intersection over union of two people's boxes


def options(number, args):
    """What sequence `number` (from 0) is made with."""
    place, camera, lens = CAMERAS[number % len(CAMERAS)]
    chosen = ["--sequence", args.seconds, "--fps", args.fps, "--size", args.size, "--split", "test", "--place", "cafe",
              "--place-seed", place, "--camera-seed", camera, "--camera", lens, "--seed", args.seed + number,
              "--people", PEOPLE[number % len(PEOPLE)], "--busy", (0.8, 1, 1.5, 2)[number // 4 % 4], "--no-masks"]
    if (number // len(CAMERAS) + number) % 4 == 0:  # each camera in turn
        chosen.append("--alike")
    return [str(option) for option in chosen]


def overlap(a, b):
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    both = max(width, 0) * max(height, 0)
    return both / (a[2] * a[3] + b[2] * b[3] - both) if both > 0 else 0


def statistics(folder):
    """What happens in a sequence: events counted when they begin."""
    truth = json.loads((folder / "truth.json").read_text())
    tracks = {}
    for track in truth["tracks"]:
        tracks.setdefault(track["identity"], []).append(track["track"])
    frames = {}
    for line in (folder / "cam1.gt.txt").read_text().splitlines():
        frame, track, x, y, w, h, counts, _, visibility = line.split(",")
        frames.setdefault(int(frame), {})[int(track)] = ((float(x), float(y), float(w), float(h)),
                                                         counts == "1", float(visibility))
    crossings, hidden, visible_before, crossed_before = 0, 0, {}, set()
    for frame in sorted(frames):
        people = frames[frame]
        crossed = {(a, b) for a in people for b in people
                   if a < b and people[a][1] and people[b][1] and overlap(people[a][0], people[b][0]) > CROSSING}
        crossings += len(crossed - crossed_before)
        crossed_before = crossed
        for track, (_, counts, visibility) in people.items():
            now_hidden = not counts or visibility < HIDDEN
            hidden += now_hidden and visible_before.get(track, False)
            visible_before[track] = not now_hidden
    present = [len(people) for people in frames.values()]
    events = {}
    for event in truth["events"]:
        events[event["event"]] = events.get(event["event"], 0) + 1
    return {"frames": truth["frames"], "people": len(tracks), "tracks": len(truth["tracks"]),
            "at_once": [min(present, default=0), max(present, default=0)], "crossings": crossings,
            "hidden": hidden, "left": sum(t["leave"] is not None for t in truth["tracks"]),
            "returned": sum(len(t) > 1 for t in tracks.values()), "events": events}


def make(number, args):
    """The folder of a sequence; rendered beside its name and then renamed, so that it is whole or not there."""
    folder = args.out / f"{number + 1:02}"
    if not (folder / "truth.json").exists():
        part = args.out / f"{number + 1:02}.part"
        shutil.rmtree(part, ignore_errors=True)
        threads = ["--threads", str(args.threads)] if args.threads else []
        done = subprocess.run([args.tenjo, "synth", str(part), *options(number, args), *threads, "--quiet"])
        frames = json.loads((part / "truth.json").read_text())["frames"] if (part / "truth.json").exists() else 0
        if done.returncode != 0 or frames != max(1, int(args.seconds * args.fps + 1e-6)):
            sys.exit(f"sequence {number + 1} was not made: what came first says why")
        os.rename(part, folder)
    return folder


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tenjo", help="the program")
    parser.add_argument("out", type=pathlib.Path, help="folder")
    parser.add_argument("--sequences", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--fps", type=float, default=10)
    parser.add_argument("--size", default="640x480")
    parser.add_argument("--seed", type=int, default=9000, help="of the first sequence; the next count up")
    parser.add_argument("--threads", type=int, default=0, help="0: all cores")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    settings = {"seconds": args.seconds, "fps": args.fps, "size": args.size, "seed": args.seed}
    index_path = args.out / "index.json"
    if index_path.exists():
        before = json.loads(index_path.read_text())["settings"]
        if before != settings:
            sys.exit(f"{args.out} holds a test set with other settings: {before}")
    sequences = []
    for number in range(args.sequences):
        folder = make(number, args)
        entry = {"folder": folder.name, "place": CAMERAS[number % len(CAMERAS)][0],
                 "camera": CAMERAS[number % len(CAMERAS)][1], "alike": "--alike" in options(number, args),
                 "options": options(number, args), **statistics(folder)}
        sequences.append(entry)
        part = args.out / "index.json.part"
        part.write_text(json.dumps({"settings": settings, "sequences": sequences}, indent=1) + "\n")
        os.replace(part, index_path)
        print(f"{entry['folder']}: {entry['people']} people in {entry['tracks']} tracks, "
              f"{entry['at_once'][0]}-{entry['at_once'][1]} in view, {entry['crossings']} crossings, "
              f"{entry['hidden']} times hidden, {entry['left']} left, {entry['returned']} came back"
              f"{', all alike' if entry['alike'] else ''}", flush=True)


if __name__ == "__main__":
    main()
