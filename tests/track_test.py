"""`tenjo track` from outside."""

import json
import math
import os
import random
import subprocess
import tempfile
import unittest
from pathlib import Path

import numpy

TENJO = os.environ["TENJO"]
DATA = Path(os.environ.get("TENJO_SHARED_DATA", "/nonexistent"))


def line(frame, x, y=50.0, w=40.0, h=80.0, score=0.9):
    return f"{frame},-1,{x:.2f},{y:.2f},{w:.2f},{h:.2f},{score},-1,-1,-1\n"


def two_walkers(frames):
    """Two people who pass each other far apart."""
    return "".join(
        line(f, 100 + 3 * f, score=0.9) + line(f, 900 - 3 * f, y=400, score=0.8)
        for f in range(1, frames + 1))


def rows(text):
    return [[float(v) for v in row.split(",")] for row in text.splitlines()]


class TrackTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="tenjo-track-")
        self.addCleanup(self.folder.cleanup)
        self.path = Path(self.folder.name)
        self.det = self.path / "det.txt"
        self.out = self.path / "tracks.txt"

    def track(self, *options, mot=None, out=None, **settings):
        arguments = [TENJO, "track", "--mot", str(mot or self.det)]
        arguments += ["--out", str(out or self.out)]
        settings = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **settings}
        return subprocess.run(
            [*arguments, *map(str, options)], text=True, timeout=60, check=False, **settings)

    def ok(self, text, *options, **settings):
        """Tracks the text; the rows of the answer."""
        self.det.write_bytes(text if isinstance(text, bytes) else text.encode())
        result = self.track(*options, **settings)
        self.assertEqual(result.returncode, 0, result.stderr)
        return rows(self.out.read_text())

    def assert_one_line_error(self, result, *words):
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
        self.assertTrue(result.stderr.startswith("tenjo: "), result.stderr)
        for word in words:
            self.assertIn(word, result.stderr)
        self.assertEqual(
            [p.name for p in self.path.iterdir() if ".part" in p.name], [], "half a file was left")

    def fails(self, text, *words):
        self.det.write_bytes(text if isinstance(text, bytes) else text.encode())
        self.assert_one_line_error(self.track(), str(self.det), *words)
        self.assertFalse(self.out.exists())

    # What it is for.

    def test_two_people_keep_their_ids(self):
        answer = self.ok(two_walkers(50))
        self.assertEqual(len(answer), 100)
        for row in answer:
            frame, number, x, y = row[:4]
            self.assertIn(number, (1, 2))
            truth = (100 + 3 * frame, 50) if number == 1 else (900 - 3 * frame, 400)
            self.assertLess(abs(x - truth[0]), 3)
            self.assertLess(abs(y - truth[1]), 3)

    def test_lines_are_mot_results(self):
        self.ok(two_walkers(5))
        lines = self.out.read_text().splitlines()
        self.assertEqual(lines[0], "1,1,103.00,50.00,40.00,80.00,0.9,-1,-1,-1")
        self.assertEqual(lines[1], "1,2,897.00,400.00,40.00,80.00,0.8,-1,-1,-1")
        self.assertEqual([int(row.split(",")[0]) for row in lines],
                         sorted(int(row.split(",")[0]) for row in lines))

    def test_summary_is_one_line_and_quiet_has_none(self):
        self.det.write_text(two_walkers(50))
        result = self.track()
        self.assertEqual(result.stdout, "")
        self.assertRegex(result.stderr,
                         r"^50 frames, 2 tracks, 100 boxes, \d+ frames per second\n$")
        self.assertEqual(self.track("--quiet").stderr, "")

    def test_standard_output(self):
        answer = self.ok(two_walkers(20))
        named = self.track(out="-")
        self.assertEqual(named.returncode, 0)
        self.assertEqual(rows(named.stdout), answer)
        default = subprocess.run([TENJO, "track", "--mot", str(self.det), "--quiet"],
                                 capture_output=True, text=True, timeout=60, check=True)
        self.assertEqual(default.stdout, named.stdout)

    def test_max_age(self):
        text = "".join(line(f, 100) for f in range(1, 31) if not 10 <= f <= 12)
        self.assertEqual({row[1] for row in self.ok(text)}, {1, 2})
        self.assertEqual({row[1] for row in self.ok(text, "--max-age", 3)}, {1})

    def test_min_hits(self):
        # The second person comes in frame 10 and is there for four frames.
        text = "".join(line(f, 100) for f in range(1, 21))
        text += "".join(line(f, 600) for f in range(10, 14))
        self.assertEqual([row[0] for row in self.ok(text) if row[2] > 500], [13])
        early = self.ok(text, "--min-hits", 1)
        self.assertEqual([row[0] for row in early if row[2] > 500], [11, 12, 13])

    def test_iou_threshold(self):
        text = "".join(line(f, 100 + 6 * (f % 2)) for f in range(1, 11))
        self.assertEqual(len({row[1] for row in self.ok(text)}), 1)
        self.assertGreater(len({row[1] for row in self.ok(text, "--iou-threshold", 0.9)}), 1)

    def test_order_of_lines_changes_nothing(self):
        lines = two_walkers(40).splitlines(keepends=True)
        self.ok("".join(lines))
        truth = self.out.read_text()
        random.Random(1).shuffle(lines)
        self.ok("".join(lines))
        self.assertEqual(self.out.read_text(), truth)

    def test_answers_as_the_reference_on_mot15(self):
        sequences = sorted((DATA / "mot15").glob("*/det.txt"))
        if not sequences:
            self.skipTest(f"needs the measuring data {DATA / 'mot15'}")
        for det in sequences:
            with self.subTest(det.parent.name):
                self.assertEqual(self.track(mot=det).returncode, 0)
                ours, theirs = rows(self.out.read_text()), rows((det.parent / "sort.py.txt").read_text())
                self.assertEqual(len(ours), len(theirs))
                names = {}
                for a, b in zip(sorted(ours, key=lambda r: r[:1] + r[2:4]),
                                sorted(theirs, key=lambda r: r[:1] + r[2:4])):
                    self.assertEqual(a[0], b[0])
                    for one, other in zip(a[2:6], b[2:6]):
                        self.assertLessEqual(abs(one - other), 0.0201)
                    self.assertEqual(names.setdefault(a[1], b[1]), b[1])
                self.assertEqual(len(set(names.values())), len(names))

    # All trackers, with embeddings and on the floor.

    TRACKERS = ("sort", "bytetrack", "ocsort", "deepsort", "appearance", "sort+appearance")

    def crossing(self):
        """Two people who look different and meet in the middle, where nobody is seen for six frames: boxes alone
        cannot say who is who afterwards, as both turn back. Lines, and an embedding of each."""
        lines, looks = [], []
        generator = random.Random(4)
        for frame in range(1, 81):
            way = frame if frame < 40 else 80 - frame
            if 36 <= frame <= 44:
                continue
            for person in range(2):
                lines.append(line(frame, 100 + 5 * way if person == 0 else 500 - 5 * way, y=50 + 3 * person))
                looks.append([(3.0 if i % 2 == person else -3.0) + generator.gauss(0, 0.4) for i in range(8)])
        return lines, looks

    def write_looks(self, looks):
        path = self.path / "looks.csv"
        path.write_text("".join(",".join(f"{v:.5f}" for v in row) + "\n" for row in looks))
        return path

    def test_all_trackers_on_boxes_and_embeddings_from_files(self):
        lines, looks = self.crossing()
        path = self.write_looks(looks)
        numpy_path = self.path / "looks.npy"
        numpy.save(numpy_path, numpy.array(looks, numpy.float32))
        for tracker in self.TRACKERS:
            needs = tracker not in self.TRACKERS[:3]
            options = ["--tracker", tracker, *(["--embeddings", path] if needs else [])]
            answer = self.ok("".join(lines), *options)
            self.assertGreater(len(answer), 60, tracker)
            for frame in range(1, 81):
                ids = [row[1] for row in answer if row[0] == frame]
                self.assertEqual(len(ids), len(set(ids)), tracker)
            if not needs:
                continue
            # Who is who is known by looks: an id is on the same side before and after.
            sides = {}
            for row in answer:
                if row[0] < 30 or row[0] > 60:
                    sides.setdefault(row[1], set()).add(row[2] < 300)
            self.assertEqual(sorted(map(sorted, sides.values())), [[False], [True]], tracker)
            text = self.out.read_text()
            self.ok("".join(lines), "--tracker", tracker, "--embeddings", numpy_path)
            self.assertEqual(self.out.read_text(), text, tracker)
            self.assertEqual(self.track("--tracker", tracker).returncode, 2)

    def test_a_wrong_match_is_noticed_and_corrected(self):
        """Two people meet and turn back. About the meeting each looks more like the other, and when they look like
        themselves again they are too far apart to be taken for each other: only looking back can tell."""
        lines, looks = [], []
        for frame in range(1, 91):
            apart = min(5 * abs(frame - 40), 190)
            for person in range(2):
                lines.append(line(frame, 300 - apart if person == 0 else 310 + apart, y=50 + 3 * person))
                degrees = (24 if person == 0 else 17) if 38 <= frame <= 45 else 41 * person
                looks.append([math.cos(math.radians(degrees)), math.sin(math.radians(degrees))])
        corrections = self.path / "corrections.jsonl"
        options = ["--tracker", "appearance", "--embeddings", self.write_looks(looks), "--corrections", corrections]

        def wrong(answer):
            return sum(row[1] != (1 if abs(row[3] - 50) < 1.5 else 2) for row in answer)

        plain = self.ok("".join(lines), *options)
        (found,) = [json.loads(text) for text in corrections.read_text().splitlines()]
        self.assertEqual((found["correction"], found["ids"]), ("swap", [1, 2]))
        self.assertLessEqual(found["last_frame"], found["frame"])
        self.assertGreaterEqual(wrong(plain), 10)
        corrected = self.ok("".join(lines), *options, "--apply-corrections")
        for before, after in zip(plain, corrected, strict=True):
            inside = found["first_frame"] <= before[0] <= found["last_frame"]
            self.assertEqual(after, [before[0], 3 - before[1] if inside else before[1], *before[2:]])
        self.assertLessEqual(wrong(corrected), 2)

    def test_what_lies_in_the_image(self):
        """Half of a walker who leaves is the walker where the image is known to end."""
        rows = [(frame, 10 * frame, min(40, 100 - 10 * frame)) for frame in (1, 2, 3, 4, 5, 9)]
        self.det.write_text("".join(f"{frame},-1,{x},0,{w},80,0.9\n" for frame, x, w in rows))
        ids = []
        for options in ((), ("--image-size", "100x80")):
            self.assertEqual(self.track("--max-age", "5", "--min-hits", "0", *options).returncode, 0)
            ids.append({line.split(",")[1] for line in self.out.read_text().splitlines()})
        self.assertEqual([len(found) for found in ids], [2, 1])
        for bad in ("100", "0x80", "axb", "100x"):
            result = self.track("--image-size", bad)
            self.assertEqual(result.returncode, 2, result.stderr)
            self.assertIn(bad, result.stderr)

    def test_bad_embeddings(self):
        lines, looks = self.crossing()
        self.det.write_text("".join(lines))
        for bad, words in ((looks[:-1], "embeddings"), ([*looks[:-1], looks[-1][:5]], "numbers"),
                           ([*looks[:-1], [float("nan")] * 8], "finite"), ([*looks[:-1], [0.0] * 8], "are 0")):
            self.assert_one_line_error(self.track("--tracker", "deepsort", "--embeddings", self.write_looks(bad)), words)
            self.assertFalse(self.out.exists())

    def test_association_on_the_floor(self):
        camera = self.path / "cam.json"
        camera.write_text('{"lens":"equidistant","width":1000,"height":800,"fov":160,"height_m":3,"tilt":10}')
        lines, looks = self.crossing()
        for tracker in self.TRACKERS:
            options = ["--tracker", tracker, "--associate", "floor", "--camera-file", camera]
            options += [] if tracker in self.TRACKERS[:3] else ["--embeddings", self.write_looks(looks)]
            self.assertGreater(len(self.ok("".join(lines), *options)), 60, tracker)
        self.out.unlink()
        self.assertEqual(self.track("--associate", "floor").returncode, 2)
        camera.write_text('{"lens":"equidistant","width":1000,"height":800,"fov":160,"height_m":-3}')
        self.assert_one_line_error(self.track("--associate", "floor", "--camera-file", camera), "above the floor")
        self.assertFalse(self.out.exists())

    def test_people_as_a_run_writes_them(self):
        """The same people as boxes and as lines of JSON."""
        text = two_walkers(50)
        expected = self.ok(text)
        frames = self.path / "people.jsonl"

        def write(by_frame):
            frames.write_text("".join(json.dumps({
                "frame": frame - 1, "time": frame / 30, "camera": "", "people": [
                    {"id": None, "score": 0.9, "box": box, "keypoints": [[0, 0, 0]] * 17} for box in boxes]}) + "\n"
                for frame, boxes in by_frame.items()))

        boxes = {}
        for row in rows(text):
            boxes.setdefault(row[0], []).append(row[2:6])
        write(boxes)
        command = [TENJO, "track", "--out", str(self.out), "--frames", str(frames)]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual([row[:6] for row in rows(self.out.read_text())], [row[:6] for row in expected])
        # The same in the middle of a video.
        write({frame + 100: those for frame, those in boxes.items()})
        self.assertEqual(subprocess.run(command, capture_output=True, text=True, check=False).returncode, 0)
        self.assertEqual([[row[0] - 100, *row[1:6]] for row in rows(self.out.read_text())], [row[:6] for row in expected])
        self.out.unlink()
        frames.write_text('{"frame": 0}\n')
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        self.assert_one_line_error(result, "people.jsonl, line 1")
        both = subprocess.run([*command, "--mot", str(self.det)], capture_output=True, text=True, check=False)
        neither = subprocess.run(command[:-2], capture_output=True, text=True, check=False)
        self.assertEqual((both.returncode, neither.returncode), (2, 2))
        self.assertFalse(self.out.exists())

    # Rules for unusual input.

    def test_frames_out_of_order_are_sorted_with_a_warning(self):
        lines = two_walkers(10).splitlines(keepends=True)
        answer = self.ok("".join(reversed(lines)))
        self.assertEqual([row[0] for row in answer], [f for f in range(1, 11) for _ in range(2)])
        self.assertIn("frames were out of order and have been sorted", self.track().stderr)

    def test_boxes_of_no_size_are_left_out_with_one_warning(self):
        text = two_walkers(10) + line(3, 500, w=0) + line(4, 500, h=-2)
        self.assertEqual(len(self.ok(text)), 20)
        result = self.track()
        self.assertEqual(result.stderr.count("2 lines left out: the box has no size"), 1)

    def test_repeated_lines_are_left_out_with_one_warning(self):
        self.assertEqual(len(self.ok(two_walkers(10) + line(3, 109))), 20)
        self.assertIn("1 line left out: the same box is already there", self.track().stderr)

    def test_empty_file_gives_an_empty_file_and_a_warning(self):
        self.assertEqual(self.ok(""), [])
        self.assertIn("there are no boxes in it", self.track().stderr)

    def test_crlf_and_blank_lines(self):
        truth = self.ok(two_walkers(10))
        self.assertEqual(self.ok(two_walkers(10).replace("\n", "\r\n\r\n")), truth)

    def test_huge_frame_numbers_take_no_time(self):
        text = line(1, 100) + "".join(line(10**9 + i, 100) for i in range(6)) + line(2**31 - 1, 5)
        for options in ((), ("--max-age", 100000)):
            answer = self.ok(text, *options)
            self.assertEqual(answer[0][0], 1)
            self.assertIn(10**9 + 5, [row[0] for row in answer])

    # Wrong input.

    def test_missing_file(self):
        self.assert_one_line_error(self.track(mot=self.path / "none.txt"), "none.txt")
        self.assert_one_line_error(self.track(mot=self.path), str(self.path), "folder")

    def test_bad_lines(self):
        good = line(1, 100)
        for bad, word in [
                ("1,-1,nan,2,3,4,1\n", "finite"), ("1,-1,1,2,inf,4,1\n", "finite"),
                ("1,-1,1,2,3,4,-inf\n", "finite"), ("a line of words\n", "a line of words"),
                ("one,two,three,four,five,six\n", '"one"'), ("1,-1,1,2,3\n", "5 columns"),
                ("0,-1,1,2,3,4,1\n", "1 or more"), ("-4,-1,1,2,3,4,1\n", "1 or more"),
                ("1.5,-1,1,2,3,4,1\n", "whole"), ("99999999999999999999,-1,1,2,3,4,1\n", "beyond"),
                ("1,-1,1e300,2,3,4,1\n", "1e9"), ("2,-1,100.0", "columns")]:
            with self.subTest(bad):
                self.fails(good + bad, "line 2", word)

    def test_not_text(self):
        self.fails(bytes(range(256)) * 100, "line 1")
        self.fails("1,-1,1,2,3,4\n".encode("utf-16"), "line 1")
        self.fails(b"\0" * 5000, "line 1")

    def test_random_bytes_never_crash(self):
        generator = random.Random(2)
        valid = two_walkers(3).encode()
        for run in range(20):
            text = bytearray(valid if run % 2 else generator.randbytes(200))
            for _ in range(3):
                text[generator.randrange(len(text))] = generator.randrange(256)
            self.det.write_bytes(text)
            result = self.track("--quiet")
            self.assertIn(result.returncode, (0, 1), result.stderr)
            if result.returncode == 1:
                self.assert_one_line_error(result, "line ")

    def test_a_failure_leaves_the_old_output(self):
        self.out.write_text("precious\n")
        self.det.write_text(line(1, 100) + "words\n")
        self.assert_one_line_error(self.track(), "words")
        self.assertEqual(self.out.read_text(), "precious\n")

    def test_unwritable_output(self):
        self.det.write_text(two_walkers(10))
        self.assert_one_line_error(self.track(out=self.path / "none" / "tracks.txt"), "none")
        self.assert_one_line_error(self.track(out=self.path), "folder")
        self.assert_one_line_error(self.track(out=self.det), "--mot")
        self.assertEqual(self.det.read_text(), two_walkers(10))

    @unittest.skipUnless(os.path.exists("/dev/full"), "needs /dev/full")
    def test_full_disk(self):
        for frames in (10, 5000):
            self.det.write_text(two_walkers(frames))
            self.assert_one_line_error(self.track(out="/dev/full"), "/dev/full", "No space left")
            with open("/dev/full", "w", encoding="utf-8") as full:
                self.assert_one_line_error(self.track(out="-", stdout=full), "No space left")

    def test_broken_pipe(self):
        self.det.write_text(two_walkers(20000))
        with subprocess.Popen([TENJO, "track", "--mot", str(self.det)], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            self.assertTrue(process.stdout.readline().startswith("1,1,"))
            process.stdout.close()
            told = process.stderr.read()
            self.assertEqual(process.wait(timeout=60), 0, told)
        self.assertEqual(told, "stopped: the output was closed by its reader\n")

    def test_wrong_usage(self):
        self.det.write_text(two_walkers(10))
        for options in (("--max-age", "-1"), ("--max-age", "x"), ("--min-hits", "99999999999"),
                        ("--iou-threshold", "1.5"), ("--tracker", "magic"), ("--what",)):
            with self.subTest(options):
                self.assertEqual(self.track(*options).returncode, 2)
        self.assert_one_line_error(self.track("--iou-threshold", "nan"), "iou_threshold")
        self.assertEqual(subprocess.run([TENJO, "track"], capture_output=True, check=False).returncode, 2)
        self.assertFalse(self.out.exists())

    def test_help_names_every_option(self):
        text = subprocess.run([TENJO, "track", "--help"], capture_output=True, text=True,
                              check=True).stdout
        for option in ("--mot", "--out", "--tracker", "--max-age", "--min-hits", "--iou-threshold",
                       "--quiet"):
            self.assertIn(option, text)


if __name__ == "__main__":
    unittest.main()
