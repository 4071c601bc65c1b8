"""Whole-program tests of `tenjo run`, from outside, on small videos and networks made here."""
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

import jsonschema
import numpy as np
from pycocotools.coco import COCO

TENJO = os.environ["TENJO"]
MAKE_NETWORK = os.environ["TENJO_MAKE_NETWORK"]
RTSP_SERVER = os.environ.get("TENJO_RTSP_SERVER", "")
SOURCE = pathlib.Path(os.environ["TENJO_SOURCE"])
SHARED = pathlib.Path(os.environ["TENJO_SHARED_DATA"])
SCHEMA = json.loads((SOURCE / "docs" / "schema" / "frame.schema.json").read_text())

# Lightweight OpenPose's order of keypoints and limbs, written here anew.
POINTS = ["nose", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist",
          "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle", "right_eye", "left_eye",
          "right_ear", "left_ear"]
LIMBS = [("neck", "right_hip"), ("right_hip", "right_knee"), ("right_knee", "right_ankle"), ("neck", "left_hip"),
         ("left_hip", "left_knee"), ("left_knee", "left_ankle"), ("neck", "right_shoulder"),
         ("right_shoulder", "right_elbow"), ("right_elbow", "right_wrist"), ("right_shoulder", "right_ear"),
         ("neck", "left_shoulder"), ("left_shoulder", "left_elbow"), ("left_elbow", "left_wrist"),
         ("left_shoulder", "left_ear"), ("neck", "nose"), ("nose", "right_eye"), ("nose", "left_eye"),
         ("right_eye", "right_ear"), ("left_eye", "left_ear")]
COCO_ORDER = ["nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder",
              "left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee",
              "right_knee", "left_ankle", "right_ankle"]
# A person facing the camera, so that its left is on the picture's right; pixels of a 160x128 input.
PERSON = {"nose": (80, 20), "left_eye": (84, 16), "right_eye": (76, 16), "left_ear": (90, 18), "right_ear": (70, 18),
          "left_shoulder": (98, 36), "right_shoulder": (62, 36), "left_elbow": (106, 56), "right_elbow": (54, 56),
          "left_wrist": (108, 74), "right_wrist": (52, 74), "left_hip": (92, 76), "right_hip": (68, 76),
          "left_knee": (93, 96), "right_knee": (67, 96), "left_ankle": (94, 116), "right_ankle": (66, 116),
          "neck": (80, 36)}
WIDTH, HEIGHT, STRIDE = 160, 128, 8


def person_maps():
    """What a network should answer for PERSON: 19 heatmaps, then 38 pafs, as raw floats."""
    rows, columns = HEIGHT // STRIDE, WIDTH // STRIDE
    y, x = np.mgrid[0:rows, 0:columns] * STRIDE + STRIDE / 2 - 0.5
    heatmaps = np.zeros((19, rows, columns), np.float32)
    for i, name in enumerate(POINTS):
        px, py = PERSON[name]
        heatmaps[i] = np.exp(-((x - px) ** 2 + (y - py) ** 2) / (2 * 7.0 ** 2))
    heatmaps[18] = 1 - heatmaps[:18].max(0)
    pafs = np.zeros((38, rows, columns), np.float32)
    for i, (a, b) in enumerate(LIMBS):
        start, end = np.array(PERSON[a], float), np.array(PERSON[b], float)
        length = np.linalg.norm(end - start)
        unit = (end - start) / length
        along = (x - start[0]) * unit[0] + (y - start[1]) * unit[1]
        across = np.abs((x - start[0]) * unit[1] - (y - start[1]) * unit[0])
        near = (along > -8) & (along < length + 8) & (across < 8)
        pafs[2 * i][near], pafs[2 * i + 1][near] = unit
    return np.concatenate([heatmaps, pafs]).astype("<f4").tobytes()


def head_maps(boxes):
    """What person heads should answer for rotated boxes (cx, cy, w, h, degrees; pixels of the input): 1 plane of
    centres, 6 of boxes, as docs/formats.md has them."""
    rows, columns = HEIGHT // STRIDE, WIDTH // STRIDE
    centres = np.full((1, rows, columns), -7, np.float32)
    planes = np.zeros((6, rows, columns), np.float32)
    for cx, cy, w, h, degrees in boxes:
        x, y = (int(round((c - (STRIDE - 1) / 2) / STRIDE)) for c in (cx, cy))
        centres[0, y, x] = 3
        turn = 2 * np.radians(degrees)
        planes[:, y, x] = ((cx - (STRIDE - 1) / 2) / STRIDE - x, (cy - (STRIDE - 1) / 2) / STRIDE - y, np.log(w / STRIDE),
                           np.log(h / STRIDE), np.cos(turn), np.sin(turn))
    return np.concatenate([centres, planes]).astype("<f4").tobytes()


def run(*arguments, **options):
    return subprocess.run([TENJO, *map(str, arguments)], capture_output=True, text=True, timeout=300, **options)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class RunTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.dir = pathlib.Path(cls.folder.name)
        cls.home = cls.dir / "home"
        os.environ["XDG_CACHE_HOME"] = str(cls.home)
        (cls.dir / "maps.bin").write_bytes(person_maps())
        cls.net = cls.dir / "person.onnx"
        subprocess.run([MAKE_NETWORK, cls.net, "--size", f"{WIDTH}x{HEIGHT}", "--constant", cls.dir / "maps.bin"],
                       check=True)
        cls.video = cls.dir / "film.mp4"
        cls.ffmpeg("-f", "lavfi", "-i", "testsrc=size=320x256:rate=10:duration=3", "-pix_fmt", "yuv420p", cls.video)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @staticmethod
    def ffmpeg(*arguments):
        subprocess.run(["ffmpeg", "-v", "error", "-y", *map(str, arguments)], check=True, stdin=subprocess.DEVNULL)

    def setUp(self):
        self.work = pathlib.Path(tempfile.mkdtemp(dir=self.dir))

    def tenjo(self, *arguments, **options):
        return run("run", self.video, "--model", self.net, *arguments, **options)

    def lines(self, result):
        self.assertEqual(result.returncode, 0, result.stderr)
        lines = [json.loads(line) for line in result.stdout.splitlines()]
        validator = jsonschema.Draft202012Validator(SCHEMA)
        for line in lines:
            validator.validate(line)
        return lines

    def refused(self, result, *words, code=1):
        """A clear one-line error, and nothing left behind."""
        self.assertEqual(result.returncode, code, result.stderr)
        errors = [line for line in result.stderr.splitlines() if line.strip()]
        self.assertEqual(len(errors), 1, result.stderr)
        self.assertTrue(errors[0].startswith("tenjo: "), errors[0])
        for word in words:
            self.assertIn(str(word), errors[0])
        self.assertEqual(list(self.work.glob("*.part*")), [])

    # What it writes

    def test_lines_hold_the_person_of_the_maps(self):
        lines = self.lines(self.tenjo("--camera", "door", "--quiet"))
        self.assertEqual([line["frame"] for line in lines], list(range(30)))
        self.assertTrue(all(line["camera"] == "door" for line in lines))
        np.testing.assert_allclose([line["time"] for line in lines], np.arange(30) / 10, atol=0.002)
        for line in lines:
            (person,) = line["people"]
            self.assertEqual(person["id"], 1)
            for name, (x, y, score) in zip(COCO_ORDER, person["keypoints"]):
                truth = (np.array(PERSON[name]) + 0.5) * 2 - 0.5  # the film is twice the input's size
                self.assertLess(np.hypot(x - truth[0], y - truth[1]), 4, name)
                self.assertGreater(score, 0.5)

    def test_without_a_tracker_people_have_no_id(self):
        lines = self.lines(self.tenjo("--tracker", "none"))
        self.assertTrue(all(line["people"][0]["id"] is None for line in lines))

    def test_all_outputs_agree(self):
        out, mot, coco, film = (self.work / n for n in ("a.jsonl", "a.txt", "a.json", "a.mp4"))
        result = self.tenjo("--out", out, "--mot", mot, "--coco", coco, "--video", film)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(result.stdout, "")
        lines = [json.loads(line) for line in out.read_text().splitlines()]
        rows = [row.split(",") for row in mot.read_text().splitlines()]
        self.assertEqual(len(lines), 30)
        self.assertEqual([int(row[0]) for row in rows], list(range(1, 31)))
        np.testing.assert_allclose([float(v) for v in rows[3][2:6]], lines[3]["people"][0]["box"], atol=0.011)
        found = json.loads(coco.read_text())
        self.assertEqual([f["image_id"] for f in found], list(range(1, 31)))
        self.assertEqual(len(found[0]["keypoints"]), 51)
        probe = subprocess.run(["ffprobe", "-v", "error", "-count_frames", "-show_entries",
                                "stream=nb_read_frames,width,height", "-of", "csv=p=0", film],
                               capture_output=True, text=True, check=True).stdout.strip()
        self.assertEqual(probe, "320,256,30")
        self.assertEqual(sorted(p.name for p in self.work.iterdir()), ["a.json", "a.jsonl", "a.mp4", "a.txt"])

    def test_anonymised_pictures_lose_the_person_and_nothing_else(self):
        """Two films of checks, black on one where the other is white: blurred people look the same in both."""
        drawn = {}
        for phase in (0, 1):
            film = self.work / f"checks{phase}.mp4"
            self.ffmpeg("-f", "lavfi", "-i", "color=gray:size=320x256:rate=10:duration=1,format=gray,"
                        f"geq=lum='if(mod(floor(X/4)+floor(Y/4)+{phase},2),200,56)'", "-pix_fmt", "yuv420p", "-crf", "10", film)
            for options in ([], ["--anonymize"]):
                out = self.work / "drawn.mp4"
                lines = self.lines(run("run", film, "--model", self.net, "--video", out, "--quiet", *options))
                self.assertEqual([len(line["people"]) for line in lines], [1] * 10)
                raw = subprocess.run(["ffmpeg", "-v", "error", "-i", out, "-pix_fmt", "gray", "-f", "rawvideo", "-"],
                                     capture_output=True, check=True).stdout
                drawn[phase, bool(options)] = np.frombuffer(raw, np.uint8).reshape(10, 256, 320).astype(float)
        face, corner = np.s_[:, 24:56, 136:184], np.s_[:, :60, :60]  # PERSON stands at twice its pixels
        for where, blurred, least, most in ((face, False, 60, 255), (face, True, 0, 12), (corner, True, 60, 255)):
            apart = np.abs(drawn[0, blurred][where] - drawn[1, blurred][where]).mean((1, 2))
            self.assertTrue(((apart >= least) & (apart <= most)).all(), (blurred, apart))

    def test_coco_results_are_pycocotools_own(self):
        images = self.work / "images"
        images.mkdir()
        self.ffmpeg("-i", self.video, "-frames:v", "3", "-start_number", "139", images / "%012d.jpg")
        coco = self.work / "a.json"
        result = run("run", images, "--model", self.net, "--out", "", "--coco", coco)
        self.assertEqual(result.returncode, 0, result.stderr)
        truth = COCO()
        truth.dataset = {"info": {}, "images": [{"id": i} for i in (139, 140, 141)], "annotations": [],
                         "categories": [{"id": 1, "name": "person"}]}
        truth.createIndex()
        self.assertEqual(sorted(truth.loadRes(str(coco)).getImgIds()), [139, 140, 141])

    def test_a_network_with_person_heads(self):
        """One person with a skeleton and a box, one of whom only the box is found: both are people with ids."""
        boxes = [(80, 66, 60, 112, 4), (138, 96, 30, 44, -50)]
        maps, net = self.work / "heads.bin", self.work / "heads.onnx"
        maps.write_bytes(person_maps() + head_maps(boxes))
        subprocess.run([MAKE_NETWORK, net, "--size", f"{WIDTH}x{HEIGHT}", "--constant", maps], check=True)
        coco, mot, film = self.work / "a.json", self.work / "a.txt", self.work / "a.mp4"
        first_look = ["--model", net, "--refine", "off"]  # a second one would see that there is nobody
        result = run("run", self.video, *first_look, "--coco", coco, "--mot", mot, "--video", film, "--quiet")
        lines = self.lines(result)
        self.assertEqual(len(lines), 30)
        found = json.loads(coco.read_text())
        rows = [[float(v) for v in row.split(",")] for row in mot.read_text().splitlines()]
        for line in lines[2:]:  # whose tracks are confirmed
            whole, box_only = sorted(line["people"], key=lambda person: person["box"][0])
            self.assertEqual({whole["id"], box_only["id"]}, {1, 2})
            for person, box in ((whole, boxes[0]), (box_only, boxes[1])):
                truth = [(box[0] + 0.5) * 2 - 0.5, (box[1] + 0.5) * 2 - 0.5, 2 * box[2], 2 * box[3], box[4]]
                np.testing.assert_allclose(person["rotated_box"], truth, atol=0.02)
            for name, (x, y, score) in zip(COCO_ORDER, whole["keypoints"]):
                self.assertLess(np.hypot(x - 2 * PERSON[name][0], y - 2 * PERSON[name][1]), 5, name)
                self.assertGreater(score, 0.5)
            self.assertEqual(box_only["keypoints"], [[0, 0, 0]] * 17)
            self.assertGreater(whole["score"], box_only["score"])
        self.assertEqual(len(found), len(rows))
        self.assertTrue(all(len(person["rotated_box"]) == 5 for person in found))
        # Upright: about the ellipse in the rotated box.
        _, _, w, h, degrees = boxes[1]
        c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
        sides = [2 * np.hypot(w * c, h * s), 2 * np.hypot(w * s, h * c)]
        np.testing.assert_allclose(max(rows, key=lambda row: row[2])[4:6], sides, atol=0.1)
        # Only skeletons, where only skeletons are asked for.
        truth = self.work / "gt.json"
        images = self.work / "images"
        images.mkdir()
        self.ffmpeg("-i", self.video, "-frames:v", "2", "-start_number", "1", images / "%d.png")
        people = []
        for image in (1, 2):
            for cx, cy, w, h, degrees in boxes:
                people.append({"id": len(people) + 1, "image_id": image, "category_id": 1, "iscrowd": 0, "area": 4 * w * h,
                               "bbox": [2 * cx + 1 - w, 2 * cy + 1 - h, 2 * w, 2 * h],
                               "rotated_box": [2 * cx + 1, 2 * cy + 1, 2 * w, 2 * h, degrees]})
        points = [[2 * PERSON[name][0] + 1, 2 * PERSON[name][1] + 1, 2] for name in COCO_ORDER]
        for person in people[::2]:
            person["keypoints"], person["num_keypoints"] = sum(points, []), 17
        whole_truth = {"images": [{"id": i, "file_name": f"{i}.png", "width": 320, "height": 256} for i in (1, 2)],
                       "annotations": people, "categories": [{"id": 1, "name": "person"}]}
        truth.write_text(json.dumps(whole_truth))
        figures = {}
        for what in ("detect", "pose"):
            saved = self.work / f"{what}.json"
            result = run("eval", what, "--gt", truth, "--images", images, *first_look, "--size", f"{WIDTH}x{HEIGHT}",
                         "--json", "-", "--quiet", "--save-dt", saved)
            self.assertEqual(result.returncode, 0, result.stderr)
            figures[what] = json.loads(result.stdout)
            self.assertEqual(len(json.loads(saved.read_text())), 4 if what == "detect" else 2)
        self.assertAlmostEqual(figures["detect"]["rotated"]["AP"], 1, places=6)
        # Somebody whom the heads do not see is missed: one of three, so AP ends at a recall of 2/3.
        people.append({**people[0], "id": 99, "rotated_box": [20, 200, 20, 40, 0], "bbox": [10, 180, 20, 40], "keypoints":
                       [0] * 51, "num_keypoints": 0})
        people.append({**people[-1], "id": 100, "image_id": 2})
        truth.write_text(json.dumps({**whole_truth, "annotations": people}))
        result = run("eval", "detect", "--gt", truth, "--images", images, *first_look, "--json", "-", "--quiet")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertAlmostEqual(json.loads(result.stdout)["rotated"]["AP50"], 67 / 101, places=6)

    def test_summary_and_quiet(self):
        result = self.tenjo("--out", self.work / "a.jsonl")
        for word in ("30 frames", "30 people", "1 tracks", "fps", "infer", "decode", "p50", "p95", "p99"):
            self.assertIn(word, result.stderr)
        self.assertEqual(self.tenjo("--out", self.work / "a.jsonl", "--quiet").stderr, "")

    def test_threads_do_not_change_the_output(self):
        net = self.dir / "noise.onnx"
        subprocess.run([MAKE_NETWORK, net, "--size", "64x48"], check=True)
        outputs = {run("run", self.video, "--model", net, "--threads", n, "--quiet").stdout for n in (1, 2, 3)}
        self.assertEqual(len(outputs), 1)

    def test_start_and_end(self):
        lines = self.lines(self.tenjo("--start", "1", "--end", "2"))
        self.assertEqual([line["frame"] for line in lines], list(range(10, 20)))
        lines = self.lines(self.tenjo("--max-frames", "4"))
        self.assertEqual(len(lines), 4)

    def test_loop_goes_on_with_the_same_person(self):
        lines = self.lines(self.tenjo("--loop", "--max-frames", "75"))
        self.assertEqual([line["frame"] for line in lines], list(range(75)))
        times = [line["time"] for line in lines]
        self.assertEqual(times, sorted(set(times)))
        self.assertEqual({line["people"][0]["id"] for line in lines}, {1})

    # Configuration

    def test_config_may_set_every_option(self):
        text = run("run", "--help").stdout
        options = set(re.findall(r"^\s+(?:-\w,)?--([a-z-]+)", text, re.M)) - {"help", "config", "show-every"}
        self.assertGreater(len(options), 15)
        out = self.work / "a.jsonl"
        values = {"model": self.net, "backend": "openvino", "device": "CPU", "threads": 1,
                  "size": f"{WIDTH}x{HEIGHT}", "cache": self.work / "cache", "camera": "till", "start": 0.5, "end": 2,
                  "loop": False, "max-frames": 5, "image-fps": 10, "give-up": 1, "tracker": "sort", "max-age": 2, "min-hits": 1,
                  "iou-threshold": 0.2, "out": out, "mot": self.work / "a.txt", "coco": self.work / "a.json",
                  "video": self.work / "a.mp4", "anonymize": False, "quiet": True}
        values |= {"precision": "fp32", "refine": "off", "third-look": "off", "associate": "image", "corrections": self.work / "c.jsonl"}
        others = {"bytetrack": {"track-thresh": 0.3, "low-thresh": 0.1, "new-thresh": 0.3, "match-thresh": 0.9,
                                "track-buffer": 20},
                  "ocsort": {"det-thresh": 0.3, "delta-t": 2, "inertia": 0.1}}
        # These need an appearance network or a camera file, or belong to trackers that do.
        looks = {"appearance", "n-init", "nn-budget", "max-cosine-distance", "max-iou-distance", "max-euclidean-distance",
                 "min-confidence", "remember", "remember-distance", "embeddings"}
        floor = {"camera-file", "max-speed", "floor-size"}
        self.assertEqual(set(values) | set().union(*others.values()) | looks | floor, options)
        config = self.work / "run.toml"

        def toml(value):
            return str(value).lower() if isinstance(value, bool) else value if isinstance(value, (int, float)) \
                else json.dumps(str(value))

        config.write_text("".join(f"{k} = {toml(v)}\n" for k, v in {"input": self.video, **values}.items()))
        result = run("run", "--config", config)
        self.assertEqual((result.returncode, result.stderr, result.stdout), (0, "", ""))
        lines = [json.loads(line) for line in out.read_text().splitlines()]
        self.assertEqual([line["frame"] for line in lines], [5, 6, 7, 8, 9])
        self.assertEqual(lines[0]["camera"], "till")
        result = run("run", "--config", config, "--max-frames", 2, "--out", "-")
        self.assertEqual(len(result.stdout.splitlines()), 2)
        for tracker, own in others.items():
            config.write_text("".join(f"{k} = {toml(v)}\n" for k, v in {"input": self.video, "model": self.net, "tracker": tracker,
                                                                        **own}.items()))
            result = run("run", "--config", config, "--max-frames", 3, "--quiet")
            self.assertEqual((result.returncode, result.stderr, len(result.stdout.splitlines())), (0, "", 3))

    def test_config_errors_name_the_line(self):
        config = self.work / "run.toml"
        for text, line, word in (('\nmodle = "x"\n', 2, "modle"), ("threads = [1]\n", 1, "threads"),
                                 ('threads = "many"\n', 1, "threads"), ("\n\nquiet = = 1\n", 3, "run.toml")):
            config.write_text(text)
            self.refused(self.tenjo("--config", config), f"run.toml:{line}", word)
        self.refused(self.tenjo("--config", self.work / "none.toml"), "none.toml")

    # How it ends

    def test_ctrl_c_leaves_whole_outputs(self):
        out, mot, film = self.work / "a.jsonl", self.work / "a.txt", self.work / "a.mp4"
        for sent in (signal.SIGINT, signal.SIGTERM):
            with subprocess.Popen([TENJO, "run", self.video, "--model", self.net, "--loop", "--out", out, "--mot", mot,
                                   "--video", film], stderr=subprocess.PIPE, text=True) as process:
                part = self.work / "a.part.jsonl"
                deadline = time.time() + 60
                while (not part.exists() or part.stat().st_size == 0) and time.time() < deadline:
                    time.sleep(0.05)
                process.send_signal(sent)
                errors = process.stderr.read()
                self.assertEqual(process.wait(60), 0, errors)
            self.assertIn("stopped before the end", errors)
            lines = [json.loads(line) for line in out.read_text().splitlines()]
            self.assertEqual([line["frame"] for line in lines], list(range(len(lines))))
            self.assertEqual(len(mot.read_text().splitlines()), len(lines))
            frames = subprocess.run(["ffprobe", "-v", "error", "-count_frames", "-show_entries",
                                     "stream=nb_read_frames", "-of", "csv=p=0", film],
                                    capture_output=True, text=True, check=True).stdout.strip()
            self.assertEqual(int(frames), len(lines))
            self.assertEqual(sorted(p.name for p in self.work.iterdir()), ["a.jsonl", "a.mp4", "a.txt"])

    def test_a_closed_pipe_ends_the_run_cleanly(self):
        mot = self.work / "a.txt"
        with subprocess.Popen([TENJO, "run", self.video, "--model", self.net, "--loop", "--mot", mot],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            process.stdout.readline()
            process.stdout.close()
            errors = process.stderr.read()
            self.assertEqual(process.wait(60), 0, errors)
        self.assertIn("closed by its reader", errors)
        self.assertGreater(len(mot.read_text().splitlines()), 0)

    # Bad input

    def test_wrong_usage(self):
        for arguments in ([], ["run"], ["walk"], ["run", self.video, "--model", self.net, "--treads", "2"],
                          ["run", self.video, "--model", self.net, "--threads", "-1"],
                          ["run", self.video, "--model", self.net, "--tracker", "magic"],
                          ["run", self.video, "--model", self.net, "--show-every", "0"]):
            result = run(*arguments)
            self.assertEqual(result.returncode, 2, arguments)
            self.assertNotEqual(result.stderr, "")

    def test_bad_videos(self):
        empty, words, cut = (self.work / n for n in ("empty.mp4", "words.mp4", "cut.mp4"))
        empty.touch()
        words.write_text("these are words, not pictures\n" * 50)
        cut.write_bytes(self.video.read_bytes()[:2000])
        none = self.work / "none"
        none.mkdir()
        for bad in (self.work / "missing.mp4", empty, words, cut, none, self.work / "*.jpg"):
            result = run("run", bad, "--model", self.net, "--out", self.work / "a.jsonl")
            self.refused(result, bad.name)
            self.assertFalse((self.work / "a.jsonl").exists())

    def test_a_video_cut_in_the_middle_gives_what_it_has_and_says_so(self):
        whole = self.work / "fast.mp4"
        self.ffmpeg("-i", self.video, "-c", "copy", "-movflags", "+faststart", whole)
        cut = self.work / "cut.mp4"
        data = whole.read_bytes()
        cut.write_bytes(data[:len(data) * 2 // 3])
        result = run("run", cut, "--model", self.net)
        lines = self.lines(result)
        self.assertTrue(3 < len(lines) < 30, len(lines))
        self.assertIn("cut.mp4", result.stderr)

    def test_bad_networks(self):
        words = self.work / "words.onnx"
        words.write_text("these are words, not a network\n")
        broken = self.work / "broken.onnx"
        broken.write_bytes(self.net.read_bytes()[:300])
        for bad in (words, broken, self.work / "missing.onnx", self.work):
            self.refused(run("run", self.video, "--model", bad, "--out", self.work / "a.jsonl"), bad.name)
        for arguments in (["--no-metadata"], ["--heatmap-channels", "7"], ["--without", "stride"], ["--second-input"],
                          ["--set", "task=poetry"]):
            net = self.work / "wrong.onnx"
            subprocess.run([MAKE_NETWORK, net, *arguments], check=True)
            self.refused(run("run", self.video, "--model", net, "--out", self.work / "a.jsonl"), "wrong.onnx")

    def test_a_network_of_nan_finds_nobody(self):
        net = self.work / "nan.onnx"
        subprocess.run([MAKE_NETWORK, net, "--nan"], check=True)
        lines = self.lines(run("run", self.video, "--model", net))
        self.assertTrue(all(line["people"] == [] for line in lines))

    def test_bad_sizes_and_devices(self):
        for size in ("0x0", "big", "100", "-8x64", "161x128", "99999x64"):
            self.refused(self.tenjo(f"--size={size}"), size.split("x")[0])
        self.refused(self.tenjo("--device", "ABACUS"), "ABACUS", "CPU")
        self.refused(self.tenjo("--backend", "abacus"), "abacus", "openvino")

    def test_outputs_that_cannot_be_written(self):
        missing = self.work / "no" / "such" / "folder"
        for option, name in (("--out", "a.jsonl"), ("--mot", "a.txt"), ("--coco", "a.json"), ("--video", "a.mp4")):
            self.refused(self.tenjo(option, missing / name), missing)
        self.refused(self.tenjo("--out", "/dev/full", "--quiet"), "No space left")
        self.refused(self.tenjo("--out", self.work), self.work)

    @unittest.skipUnless(os.geteuid() == 0, "needs root, to mount a small disk")
    def test_a_full_disk_leaves_no_half_files(self):
        disk = self.work / "disk"
        disk.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], capture_output=True).returncode:
            self.skipTest("cannot mount a small disk here")
        try:
            mot = self.work / "a.txt"
            result = self.tenjo("--loop", "--max-frames", "400", "--out", disk / "a.jsonl", "--mot", mot, "--quiet")
            self.refused(result, "a.jsonl", "No space left")
            self.assertEqual(list(disk.iterdir()), [])
            self.assertGreater(len(mot.read_text().splitlines()), 0, "the other output is whole as far as it went")
        finally:
            subprocess.run(["umount", disk], check=True)

    def test_a_window_needs_a_display(self):
        env = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
        self.refused(self.tenjo("--show-every", "5", env=env), "display")

    @unittest.skipUnless(shutil.which("xvfb-run"), "needs xvfb")
    def test_a_window_opens(self):
        result = subprocess.run(["xvfb-run", "-a", TENJO, "run", str(self.video), "--model", str(self.net), "--out", "",
                                 "--show-every", "5"], capture_output=True, text=True, timeout=120)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("30 frames", result.stderr)

    # Live sources

    def test_a_camera_that_does_not_answer(self):
        url = f"rtsp://user:secret@127.0.0.1:{free_port()}/cam"
        started = time.time()
        result = run("run", url, "--model", self.net, "--give-up", "2")
        self.assertLess(time.time() - started, 60)
        self.assertEqual(result.returncode, 1)
        self.assertNotIn("secret", result.stderr)
        lines = result.stderr.splitlines()
        self.assertGreater(len(lines), 1, "says that it tries again")
        self.assertTrue(all(line.startswith("tenjo: ") for line in lines), result.stderr)

    def test_a_missing_v4l2_device(self):
        self.refused(run("run", "/dev/video93", "--model", self.net), "/dev/video93")

    @unittest.skipUnless(RTSP_SERVER, "needs the RTSP server of GStreamer")
    def test_rtsp_cut_and_return(self):
        port = free_port()

        def serve():
            server = subprocess.Popen([RTSP_SERVER, "test", str(port)], stdout=subprocess.PIPE,
                                      stderr=subprocess.DEVNULL)
            server.stdout.readline()
            return server

        server = serve()
        out = self.work / "a.jsonl"
        try:
            with subprocess.Popen([TENJO, "run", f"rtsp://127.0.0.1:{port}/cam", "--model", self.net, "--max-frames",
                                   "60", "--out", out], stderr=subprocess.PIPE, text=True) as process:
                part = self.work / "a.part.jsonl"
                deadline = time.time() + 60
                while (not part.exists() or part.stat().st_size == 0) and time.time() < deadline:
                    time.sleep(0.05)
                server.kill()
                server.wait()
                time.sleep(1)
                server = serve()
                errors = process.stderr.read()
                self.assertEqual(process.wait(120), 0, errors)
        finally:
            server.kill()
            server.wait()
            server.stdout.close()
        lines = [json.loads(line) for line in out.read_text().splitlines()]
        self.assertEqual(len(lines) + sum(map(int, re.findall(r"(\d+) frames dropped", errors))), 60)
        times = [line["time"] for line in lines]
        self.assertEqual(times, sorted(set(times)))

    # The real thing

    @unittest.skipUnless((SHARED / "video").exists(), "needs the measuring data")
    def test_one_visit_of_the_real_video_is_one_person(self):
        # Somebody is in view from frame 60 to 198, five frames at each end apart.
        result = run("run", SHARED / "video" / "one-by-one-person-detection.mp4", "--start", "4", "--end", "21", "--model",
                     SHARED / "omz" / "human-pose-estimation-0001" / "human-pose-estimation-0001.xml")
        lines = self.lines(result)
        self.assertEqual(len(lines), 170)
        ids = set()
        wrong = 0
        for line in lines:
            inside = 65 <= line["frame"] <= 193
            outside = line["frame"] < 55 or line["frame"] > 203
            wrong += (inside and len(line["people"]) != 1) or (outside and len(line["people"]) != 0)
            ids |= {person["id"] for person in line["people"]}
        self.assertEqual(ids, {1})
        self.assertLessEqual(wrong, 4)

    @unittest.skipUnless((SHARED / "omz").exists() and (SHARED / "video").exists(), "needs the measuring data")
    def test_another_makers_network_of_looks(self):
        looks = SHARED / "omz" / "person-reidentification-retail-0288" / "person-reidentification-retail-0288.xml"
        embeddings = {}
        for tracker in ("deepsort", "sort+appearance", "appearance"):
            result = run("run", SHARED / "video" / "one-by-one-person-detection.mp4", "--start", "8", "--end", "11", "--tracker",
                         tracker, "--appearance", looks, "--remember", "5", "--model",
                         SHARED / "omz" / "human-pose-estimation-0001" / "human-pose-estimation-0001.xml")
            lines = self.lines(result)
            self.assertEqual({person["id"] for line in lines for person in line["people"]}, {1}, tracker)
            embeddings[tracker] = int(re.search(r"(\d+) embeddings", result.stderr)[1])
        self.assertLess(embeddings["sort+appearance"], embeddings["deepsort"] / 2)
        self.refused(self.tenjo("--tracker", "deepsort", "--appearance", self.net), "person.onnx")

    @unittest.skipUnless((SHARED / "omz").exists() and (SHARED / "video").exists(), "needs the measuring data")
    def test_trackers_on_what_a_run_found_answer_as_the_run(self):
        omz = SHARED / "omz"
        common = ["run", SHARED / "video" / "one-by-one-person-detection.mp4", "--start", "8", "--end", "11", "--quiet", "--model",
                  omz / "human-pose-estimation-0001" / "human-pose-estimation-0001.xml", "--appearance",
                  omz / "person-reidentification-retail-0288" / "person-reidentification-retail-0288.xml"]
        people, looks, tracks = (self.work / name for name in ("people.jsonl", "looks.npy", "tracks.txt"))
        self.lines(run(*common, "--tracker", "none", "--out", people, "--embeddings", looks))
        found = [person for line in people.read_text().splitlines() for person in json.loads(line)["people"]]
        table = np.load(looks)
        self.assertEqual(table.shape, (len(found), 256))
        self.assertTrue(np.allclose(np.linalg.norm(table, axis=1), 1, atol=1e-5))
        for tracker in ("sort", "deepsort", "sort+appearance"):
            self.lines(run(*common, "--tracker", tracker, "--out", "", "--mot", tracks))
            needs = ["--max-age", 30] if tracker == "sort" else ["--embeddings", looks]
            again = run("track", "--frames", people, "--tracker", tracker, *needs, "--quiet")
            self.assertEqual(again.returncode, 0, again.stderr)
            ids = [[line.split(",")[:2] for line in text.splitlines()] for text in (tracks.read_text(), again.stdout)]
            self.assertGreater(len(ids[0]), 25)
            self.assertEqual(*ids, tracker)

    def test_looks_of_everybody_need_a_run_without_tracker(self):
        for tracker in ([], ["--tracker", "sort"]):
            result = self.tenjo("--embeddings", self.work / "looks.npy", *tracker)
            self.assertEqual(result.returncode, 2)
            self.assertIn("--tracker none", result.stderr)
            self.assertFalse((self.work / "looks.npy").exists())


if __name__ == "__main__":
    unittest.main()
