#!/usr/bin/env python3
"""Trackers side by side, scored by `tenjo eval track`.

    bench/trackers.py mot15 TENJO [--data FOLDER]
    bench/trackers.py rendered TENJO SET [--model NAME|FILE] [--appearance NAME|FILE] [--floor] [--trackers A,B]
        [--keep FOLDER] [--track "MORE OPTIONS OF tenjo track"] [more of tenjo run ...]

mot15: the 11 training sequences with their det.txt, boxes only, every tracker's own defaults.
rendered: SET is what bench/make_track_test.py made. The networks run once over each sequence (`tenjo run --tracker none
--embeddings`), then every tracker gets the same people and looks, with the defaults of `tenjo run`; --keep keeps the networks'
answers for the next time. --floor adds each tracker again with `--associate floor` and the sequence's own camera. Switches are
those of all sequences; ms are the tracker's alone, embeddings those that it asks for.
"""
import argparse
import json
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile

DATA = pathlib.Path(__file__).resolve().parent.parent.parent / "shared" / "data"
BOXES_ONLY = ("sort", "bytetrack", "ocsort")
ALL = (*BOXES_ONLY, "deepsort", "appearance", "sort+appearance")


def run(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stderr}")
    return done.stderr


def score(tenjo, truth, tracks, folder, *more):
    out = folder / "scores.json"
    run(tenjo, "eval", "track", "--gt", truth, "--tracks", tracks, "--json", out, "--quiet", *more)
    return json.loads(out.read_text())["combined"]


def row(name, scores, *more):
    hota, clear, identity = scores["HOTA"], scores["CLEAR"], scores["Identity"]
    means = [100 * statistics.mean(hota[key]) for key in ("HOTA", "DetA", "AssA")]  # over thresholds of localisation
    cells = [*(f"{value:.3f}" for value in (*means, 100 * clear["MOTA"], 100 * identity["IDF1"])), f"{clear['IDSW']:.0f}", *more]
    print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


def head(*more):
    names = ["tracker", "HOTA", "DetA", "AssA", "MOTA", "IDF1", "id switches", *more]
    print("| " + " | ".join(names) + " |\n" + "| --- " * len(names) + "|")


def mot15(args):
    sequences = sorted(path.parent for path in args.data.glob("*/det.txt"))
    if not sequences:
        sys.exit(f"{args.data} holds no SEQ/det.txt")
    head()
    for tracker in args.trackers or BOXES_ONLY:
        with tempfile.TemporaryDirectory() as scratch:
            folder = pathlib.Path(scratch)
            for sequence in sequences:
                run(args.tenjo, "track", "--mot", sequence / "det.txt", "--tracker", tracker, "--out",
                    folder / f"{sequence.name}.txt", "--quiet")
            row(tracker, score(args.tenjo, args.data, folder, folder, "--benchmark", "mot15"))


def answers(args, folder, kept):
    """People and looks of one sequence: what `tenjo run` finds before any tracker."""
    people, looks = kept / f"{folder.name}.jsonl", kept / f"{folder.name}.npy"
    if not looks.exists():
        network = ["--appearance", args.appearance] if args.appearance else []
        run(args.tenjo, "run", folder / "cam1.mp4", "--model", args.model, "--tracker", "none", "--out", people, "--embeddings",
            looks, "--camera-file", folder / "cam1.json", *network, *args.more)
    return people, looks


def size_of(folder):
    image = json.loads((folder / "cam1.json").read_text())["images"][0]
    return f"{image['width']}x{image['height']}"


def rendered(args):
    index = json.loads((args.set / "index.json").read_text())
    folders = [args.set / sequence["folder"] for sequence in index["sequences"]]
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        kept = args.keep or scratch / "answers"
        truth, tracks = scratch / "truth", scratch / "tracks"
        for path in (kept, truth, tracks):
            path.mkdir(parents=True, exist_ok=True)
        found = {folder: answers(args, folder, kept) for folder in folders}
        sizes = {folder: size_of(folder) for folder in folders}
        for folder in folders:
            (truth / f"{folder.name}.gt.txt").write_text((folder / "cam1.gt.txt").read_text())
        head("ms a frame", "embeddings a frame")
        for tracker in args.trackers or ALL:
            for floor in (False, True) if args.floor else (False,):
                frames, seconds, embeddings = 0, 0.0, 0
                for folder, (people, looks) in found.items():
                    # As tenjo run has it with a network that has person heads.
                    options = ["--max-age", 30] if tracker == "sort" else []
                    own = tracker in ("bytetrack", "ocsort") or "--new-thresh" in args.track
                    options += [] if own else ["--new-thresh", 0.5]
                    options += [] if tracker in BOXES_ONLY else ["--embeddings", looks]
                    options += ["--image-size", sizes[folder]]
                    options += ["--associate", "floor", "--camera-file", folder / "cam1.json"] if floor else []
                    said = run(args.tenjo, "track", "--frames", people, "--tracker", tracker, "--out",
                               tracks / f"{folder.name}.txt", *options, *args.track.split())
                    here = int(re.search(r"(\d+) frames,", said)[1])
                    frames += here
                    seconds += here / float(re.search(r"(\d+) frames per second", said)[1])
                    made = re.search(r"(\d+) embeddings", said)
                    embeddings += int(made[1]) if made else 0
                row(f"{tracker}, floor" if floor else tracker, score(args.tenjo, truth, tracks, scratch),
                    f"{1000 * seconds / frames:.3f}", f"{embeddings / frames:.3f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    boxes = commands.add_parser("mot15")
    boxes.add_argument("tenjo")
    boxes.add_argument("--data", type=pathlib.Path, default=DATA / "mot15")
    whole = commands.add_parser("rendered")
    whole.add_argument("tenjo")
    whole.add_argument("set", type=pathlib.Path)
    whole.add_argument("--model", default="pose")
    whole.add_argument("--appearance")
    whole.add_argument("--floor", action="store_true")
    whole.add_argument("--keep", type=pathlib.Path)
    whole.add_argument("--track", default="")
    for command in (boxes, whole):
        command.add_argument("--trackers", type=lambda text: text.split(","))
    args, args.more = parser.parse_known_args()
    if args.command == "mot15":
        mot15(args)
    else:
        rendered(args)


if __name__ == "__main__":
    main()
