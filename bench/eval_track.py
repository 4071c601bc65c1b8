#!/usr/bin/env python3
"""`tenjo eval track` against TrackEval on the answers of a SORT for the 11 MOT15 training sequences.

Both sides run one after the other, several rounds, each on one thread, reading of the files included; what is compared
is processor time, which a busy machine disturbs less than the clock on the wall. Starting Python, its imports and
starting Tenjo's program are not counted.

    bench/eval_track.py [--bench build/release/bench/eval_track_bench] [--rounds 5]
"""
import argparse
import contextlib
import io
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import trackeval

ROOT = pathlib.Path(__file__).resolve().parent.parent


def lay_out(data, folder):
    """The folders that TrackEval wants; returns the sequences' lengths."""
    lengths = {}
    for truth in sorted(data.glob("*/gt.txt")):
        name, tracks = truth.parent.name, truth.parent / "sort.py.txt"
        (folder / "gt" / name / "gt").mkdir(parents=True)
        (folder / "gt" / name / "gt" / "gt.txt").write_text(truth.read_text())
        (folder / "tracks/t/data").mkdir(parents=True, exist_ok=True)
        (folder / "tracks/t/data" / f"{name}.txt").write_text(tracks.read_text())
        lengths[name] = max(int(line.split(",")[0]) for line in (truth.read_text() + tracks.read_text()).split())
    return lengths


def run_peer(folder, lengths):
    with contextlib.redirect_stdout(io.StringIO()):
        start = time.process_time()
        dataset = trackeval.datasets.MotChallenge2DBox({
            "GT_FOLDER": str(folder / "gt"), "TRACKERS_FOLDER": str(folder / "tracks"), "BENCHMARK": "MOT15",
            "SKIP_SPLIT_FOL": True, "SEQ_INFO": dict(lengths), "PRINT_CONFIG": False})
        evaluator = trackeval.Evaluator({"PRINT_RESULTS": False, "PRINT_CONFIG": False, "TIME_PROGRESS": False,
                                         "OUTPUT_SUMMARY": False, "OUTPUT_DETAILED": False, "PLOT_CURVES": False,
                                         "LOG_ON_ERROR": None, "USE_PARALLEL": False})
        quiet = {"PRINT_CONFIG": False}
        metrics = [trackeval.metrics.HOTA(), trackeval.metrics.CLEAR(quiet), trackeval.metrics.Identity(quiet)]
        result, _ = evaluator.evaluate([dataset], metrics)
        seconds = time.process_time() - start
    scores = result["MotChallenge2DBox"]["t"]["COMBINED_SEQ"]["pedestrian"]
    return seconds, float(scores["HOTA"]["HOTA"].mean()), int(scores["CLEAR"]["IDSW"]), float(scores["Identity"]["IDF1"])


def run_tenjo(bench, folder):
    result = subprocess.run([bench, folder / "gt", folder / "tracks/t"], check=True, stdout=subprocess.PIPE)
    answer = json.loads(result.stdout)
    return answer["seconds"], answer["hota"], answer["id_switches"], answer["idf1"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--bench", default=ROOT / "build/release/bench/eval_track_bench")
    parser.add_argument("--data", type=pathlib.Path, default=os.environ.get("TENJO_SHARED_DATA", ROOT / "../shared/data"))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--bar", type=float, default=50, help="least ratio; below it the exit is 1")
    args = parser.parse_args()
    data = pathlib.Path(args.data) / "mot15"
    if not data.is_dir():
        print(f"skipped: needs the measuring data {data}")
        return 0
    ratios = []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        lengths = lay_out(data, folder)
        for number in range(1, args.rounds + 1):
            theirs, ours = run_peer(folder, lengths), run_tenjo(args.bench, folder)
            if any(abs(a - b) > 1e-6 for a, b in zip(theirs[1:], ours[1:])):
                print(f"the two answer differently: {theirs[1:]} and {ours[1:]}")
                return 1
            ratios.append(theirs[0] / ours[0])
            print(f"round {number}: TrackEval {theirs[0]:.2f} s, Tenjo {1e3 * ours[0]:.1f} ms: {ratios[-1]:.0f} times",
                  flush=True)
    ratio = statistics.median(ratios)
    print(f"{len(lengths)} sequences, {sum(lengths.values())} frames, HOTA {100 * ours[1]:.3f} from both: Tenjo is "
          f"{ratio:.0f} times as fast (median; bar: {args.bar:.0f})")
    return 0 if ratio >= args.bar else 1


if __name__ == "__main__":
    sys.exit(main())
