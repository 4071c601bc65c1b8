"""Whole-program tests of `tenjo eval track`: every score equals TrackEval's."""
import contextlib
import io
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import numpy as np
import trackeval

TENJO = os.environ["TENJO"]
SHARED = pathlib.Path(os.environ["TENJO_SHARED_DATA"])


def tenjo(*arguments, ok=True):
    result = subprocess.run([TENJO, "eval", "track", *map(str, arguments)], capture_output=True, text=True)
    if ok and result.returncode != 0:
        raise AssertionError(result.stderr)
    return result


def peer(folder, lengths, benchmark):
    """TrackEval's scores by sequence, of folder/gt/SEQ/gt/gt.txt and folder/tracks/t/data/SEQ.txt."""
    with contextlib.redirect_stdout(io.StringIO()):
        dataset = trackeval.datasets.MotChallenge2DBox({
            "GT_FOLDER": str(folder / "gt"), "TRACKERS_FOLDER": str(folder / "tracks"), "TRACKERS_TO_EVAL": ["t"],
            "BENCHMARK": benchmark, "SKIP_SPLIT_FOL": True, "SEQ_INFO": dict(lengths), "PRINT_CONFIG": False})
        evaluator = trackeval.Evaluator({"PRINT_RESULTS": False, "PRINT_CONFIG": False, "TIME_PROGRESS": False,
                                         "OUTPUT_SUMMARY": False, "OUTPUT_DETAILED": False, "PLOT_CURVES": False,
                                         "LOG_ON_ERROR": None})
        quiet = {"PRINT_CONFIG": False}
        metrics = [trackeval.metrics.HOTA(), trackeval.metrics.CLEAR(quiet), trackeval.metrics.Identity(quiet)]
        result, _ = evaluator.evaluate([dataset], metrics)
    return {name: scores["pedestrian"] for name, scores in result["MotChallenge2DBox"]["t"].items()}


def random_sequence(rng, frames, people, classes, ties):
    """Truth rows and track rows: people that walk, tracks that follow them badly."""
    truth, tracks = [], []
    start, step = rng.uniform(0, 300, (people, 2)), rng.normal(0, 3, (people, 2))
    size = rng.uniform(20, 60, (people, 2))
    kind = rng.choice(np.arange(1, 14), people) if classes else np.full(people, -1)
    kind[rng.random(people) < 0.5] = 1 if classes else -1
    follower = rng.permutation(people) + 1
    born, dies = rng.integers(1, frames // 2 + 1, people), rng.integers(frames // 2, frames + 1, people)
    for frame in range(1, frames + 1):
        if rng.random() < 0.05:
            continue
        used = set()
        for person in range(people):
            if not born[person] <= frame <= dies[person]:
                continue
            box = np.concatenate([start[person] + frame * step[person], size[person]])
            if ties:
                box = box.round(-1)
            if rng.random() < 0.9:
                truth.append([frame, person + 1, *box.round(2), int(rng.random() < 0.9), kind[person], 0.5])
            if rng.random() < 0.05:
                follower[person] = rng.integers(1, 3 * people + 1)
            if rng.random() < 0.8 and follower[person] not in used:
                used.add(follower[person])
                noisy = box if ties else box + rng.normal(0, 4, 4)
                tracks.append([frame, follower[person], *noisy.round(2), 1, -1, -1, -1])
    return truth, tracks


class EvalTrack(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def write(self, name, truth, tracks, length=None):
        def text(rows):
            return rows if isinstance(rows, str) else "".join(",".join(f"{v:g}" for v in row) + "\n" for row in rows)
        gt = self.folder / "gt" / name
        (gt / "gt").mkdir(parents=True, exist_ok=True)
        (gt / "gt" / "gt.txt").write_text(text(truth))
        if length:
            (gt / "seqinfo.ini").write_text(f"[Sequence]\nname={name}\nseqLength={length}\n")
        data = self.folder / "tracks" / "t" / "data"
        data.mkdir(parents=True, exist_ok=True)
        (data / f"{name}.txt").write_text(text(tracks))

    def compare(self, lengths, benchmark="MOT15"):
        out = self.folder / "scores.json"
        tenjo("--gt", self.folder / "gt", "--tracks", self.folder / "tracks" / "t", "--json", out, "--quiet",
              "--benchmark", benchmark.lower())
        ours = json.loads(out.read_text())
        by_name = {sequence["name"]: sequence for sequence in ours["sequences"]}
        by_name["COMBINED_SEQ"] = ours["combined"]
        theirs = peer(self.folder, lengths, benchmark)
        self.assertEqual(set(by_name), set(theirs))
        for name, scores in theirs.items():
            for metric, fields in scores.items():
                for field, value in fields.items():
                    if metric == "Count" and field == "Frames":
                        continue
                    np.testing.assert_allclose(by_name[name][metric][field], value, rtol=0, atol=1e-6,
                                               err_msg=f"{name} {metric} {field}")
        return ours

    def test_random_sequences(self):
        for benchmark in ("MOT15", "MOT17", "MOT20"):
            with self.subTest(benchmark=benchmark):
                rng = np.random.default_rng(len(benchmark) + ord(benchmark[-1]))
                lengths = {}
                for number in range(8):
                    frames = int(rng.integers(2, 60))
                    name = f"{benchmark}-{number}"
                    rows = random_sequence(rng, frames, int(rng.integers(1, 14)), benchmark != "MOT15", number % 3 == 2)
                    if min(map(len, rows)) == 0:
                        rows = ([[1, 1, 0, 0, 9, 9, 1, 1, 1]], [[1, 1, 0, 0, 9, 9, 1, -1, -1]])
                    self.write(name, *rows, frames)
                    lengths[name] = frames
                self.compare(lengths, benchmark)
                for path in (self.folder / "gt").iterdir():
                    path.rename(self.folder / f"done-{path.name}")

    def test_degenerate_sequences(self):
        box = "1,1,10,10,20,40,1,-1,-1,-1\n"
        same = "".join(f"{f},{i},10,10,20,40,1,-1,-1,-1\n" for f in (1, 2, 3) for i in range(1, 12))
        fewer = "".join(f"{f},{i},10,10,20,40,1,-1,-1,-1\n" for f in (1, 2, 3) for i in range(3, 8))
        swapped = "".join(f"{f},{(i + f) % 11 + 1},10,10,20,40,1,-1,-1,-1\n" for f in (1, 2, 3) for i in range(1, 12))
        cases = {
            "no-tracks": (box, ""), "no-truth": ("", box), "nothing": ("", ""), "same-box": (box, box),
            "nobody-counts": ("1,1,10,10,20,40,0,-1,-1,-1\n", box), "far": (box, "1,7,500,500,20,40,1,-1,-1,-1\n"),
            "no-size": ("1,1,10,10,0,0,1,-1,-1,-1\n1,2,9,9,5,5,1,-1,-1,-1\n", "1,1,10,10,0,0,1,-1,-1,-1\n"),
            "other-frames": (box, "2,1,10,10,20,40,1,-1,-1,-1\n"), "all-equal": (same, same), "fewer": (same, fewer),
            "more": (fewer, same), "swapped": (same, swapped), "swapped-fewer": (fewer, swapped),
            "half": (box, "1,1,10,10,20,20,1,-1,-1,-1\n"),
            "big-ids": (box.replace("1,1,", "1,99999,"), box.replace("1,1,", "1,88888,")),
            "gap": (box + "9,1,10,10,20,40,1,-1,-1,-1\n", box + "9,2,10,10,20,40,1,-1,-1,-1\n"),
            "id-0": (box.replace("1,1,", "1,0,"), box.replace("1,1,", "1,0,")),
        }
        for name, (truth, tracks) in cases.items():
            self.write(name, truth, tracks, 10)
        self.compare({name: 10 for name in cases})

    def test_mot15(self):
        data = SHARED / "mot15"
        if not data.is_dir():
            self.skipTest(f"needs the measuring data {data}")
        lengths = {}
        for path in sorted(data.glob("*/gt.txt")):
            name = path.parent.name
            truth, tracks = path.read_text(), (path.parent / "sort.py.txt").read_text()
            self.write(name, truth, tracks)
            lengths[name] = max(int(line.split(",")[0]) for line in (truth + tracks).split())
        scores = self.compare(lengths)["combined"]
        self.assertAlmostEqual(100 * np.mean(scores["HOTA"]["HOTA"]), 36.441, 3)
        self.assertAlmostEqual(100 * np.mean(scores["HOTA"]["DetA"]), 37.322, 3)
        self.assertAlmostEqual(100 * np.mean(scores["HOTA"]["AssA"]), 36.169, 3)
        self.assertAlmostEqual(100 * scores["CLEAR"]["MOTA"], 39.875, 3)
        self.assertEqual(scores["CLEAR"]["IDSW"], 549)
        self.assertAlmostEqual(100 * scores["Identity"]["IDF1"], 45.892, 3)
        direct = tenjo("--gt", data, "--tracks", data, "--file", "sort.py.txt", "--json", "-", "--quiet").stdout
        self.assertEqual(json.loads(direct)["combined"], scores)

    def test_report(self):
        truth = "".join(f"{f},1,{10 + f},10,20,40,1,-1,-1,-1\n" for f in range(1, 9))
        tracks = "".join(f"{f},{1 if f < 5 else 2},{10 + f},10,20,40,1,-1,-1,-1\n" for f in range(1, 9))
        self.write("walk", truth, tracks)
        gt, dt = self.folder / "gt/walk/gt/gt.txt", self.folder / "tracks/t/data/walk.txt"
        page, out = self.folder / "r.html", self.folder / "r.json"
        table = tenjo("--gt", gt, "--tracks", dt, "--html", page, "--json", out).stdout
        self.assertIn("HOTA", table)
        switches = json.loads(out.read_text())["sequences"][0]["switches"]
        self.assertEqual(switches, [{"frame": 5, "person": 1, "last_frame": 4, "old_id": 1, "new_id": 2}])
        html = page.read_text()
        self.assertIn("person 1 was 1 in frame 4, is 2 in frame 5", html)
        self.assertNotIn("http", html)

    def test_bad_input(self):
        good = self.folder / "good.txt"
        good.write_text("1,1,10,10,20,40,1,-1,-1,-1\n")
        for text, words in (("1,1,10,10,20\n", "line 1: there are 5 columns"), ("1,1,a,10,20,3\n", "the x must be"),
                            ("1,1,nan,10,20,3\n", "the x must be"), ("1,-1,1,10,20,3\n", "detections"),
                            ("0,1,1,10,20,3\n", "the frame is 0"), ("1,1.5,1,1,2,3\n", "whole"),
                            ("1,3,1,1,2,3\n\n1,3,5,5,2,3\n", "line 3: the id 3 is there twice in frame 1")):
            bad = self.folder / "bad.txt"
            bad.write_text(text)
            for pair in ((bad, good), (good, bad)):
                result = tenjo("--gt", pair[0], "--tracks", pair[1], ok=False)
                self.assertEqual(result.returncode, 1)
                self.assertIn(words, result.stderr)
                self.assertEqual(result.stderr.count("\n"), 1)
        result = tenjo("--gt", good, "--tracks", self.folder / "none.txt", ok=False)
        self.assertEqual((result.returncode, result.stderr.count("\n")), (1, 1))
        result = tenjo("--gt", good, "--tracks", self.folder, ok=False)
        self.assertIn("two files or two folders", result.stderr)


if __name__ == "__main__":
    unittest.main()
