"""`tenjo calibrate` from outside: what is shown to it is drawn by OpenCV's own camera models."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import cv2
import numpy as np

TENJO = os.environ["TENJO"]
WIDTH, HEIGHT = 640, 480
COLUMNS, ROWS, SQUARE = 9, 6, 0.03

# Pixels as OpenCV counts them.
PINHOLE = (np.array([[520.0, 0, 318.2], [0, 515.0, 243.1], [0, 0, 1]]), np.array([-0.22, 0.06, 0.001, -0.0008, 0.0]))
FISHEYE = (np.array([[260.0, 0, 322.5], [0, 261.5, 236.0], [0, 0, 1]]), np.array([0.03, -0.008, 0.002, -0.0005]))


def rays(kind, matrix, distortion, scale):
    """Where each pixel looks, at depth 1; pixels `scale` times finer than the picture's."""
    y, x = np.mgrid[0:HEIGHT * scale, 0:WIDTH * scale]
    pixels = np.stack([(x + 0.5) / scale - 0.5, (y + 0.5) / scale - 0.5], -1).reshape(-1, 1, 2)
    undistort = cv2.fisheye.undistortPoints if kind == "equidistant" else cv2.undistortPoints
    return undistort(pixels, matrix, distortion).reshape(HEIGHT * scale, WIDTH * scale, 2)


def board_picture(directions, rotation, translation):
    """A chessboard of COLUMNS x ROWS inner corners, its first one at the board's origin, on a grey wall."""
    ray = np.concatenate([directions, np.ones((*directions.shape[:2], 1))], -1)
    # Where a ray meets the board's plane z = 0, in the board's own metres.
    normal = rotation[:, 2]
    depth = normal @ translation / (ray @ normal)
    at = (ray * depth[..., None] - translation) @ rotation
    u, v = at[..., 0] / SQUARE, at[..., 1] / SQUARE
    colour = np.where((np.floor(u) + np.floor(v)) % 2 == 0, 30, 225)
    colour = np.where((u < -1) | (v < -1) | (u > COLUMNS) | (v > ROWS), 225, colour)  # the board's rim
    colour = np.where((u < -1.6) | (v < -1.6) | (u > COLUMNS + 0.6) | (v > ROWS + 0.6) | (depth < 0), 120, colour)
    return cv2.resize(colour.astype(np.uint8), (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)


def board_poses(kind):
    """The board at many places, near and slanted."""
    random = np.random.default_rng(5)
    spread = 0.9 if kind == "equidistant" else 0.3
    for _ in range(24):
        turned = np.array([random.uniform(-0.5, 0.5), random.uniform(-0.5, 0.5), random.uniform(-0.3, 0.3)])
        rotation = cv2.Rodrigues(turned)[0]
        distance = random.uniform(0.28, 0.5)
        middle = np.array([random.uniform(-spread, spread) * distance, random.uniform(-spread, spread) * distance * 0.75,
                           distance])
        yield rotation, middle - rotation @ np.array([(COLUMNS - 1) * SQUARE / 2, (ROWS - 1) * SQUARE / 2, 0])


def write_video(path, pictures, each):
    with subprocess.Popen(["ffmpeg", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "gray", "-s", f"{WIDTH}x{HEIGHT}", "-r",
                           "10", "-i", "-", "-c:v", "libx264", "-qp", "12", "-pix_fmt", "yuv420p", path],
                          stdin=subprocess.PIPE) as process:
        for picture in pictures:
            process.stdin.write(np.ascontiguousarray(picture).tobytes() * each)
    assert process.returncode == 0


def look(tilt, pan, roll=0):
    """world_from_camera of a camera tilted from straight down, by its axes: x right, y down, z forward."""
    t, p = np.radians(tilt), np.radians(pan)
    forward = np.array([np.sin(t) * np.cos(p), np.sin(t) * np.sin(p), -np.cos(t)])
    right = np.array([np.sin(p), -np.cos(p), 0])
    down = np.cross(forward, right)
    r = np.radians(roll)
    return np.stack([np.cos(r) * right + np.sin(r) * down, np.cos(r) * down - np.sin(r) * right, forward], 1)


def project(kind, matrix, distortion, world_from_camera, centre, points):
    rotation = world_from_camera.T
    turned, moved = cv2.Rodrigues(rotation)[0], -rotation @ centre
    points = np.asarray(points, float).reshape(-1, 1, 3)
    if kind == "equidistant":
        return cv2.fisheye.projectPoints(points, turned, moved, matrix, distortion[:4])[0].reshape(-1, 2)
    return cv2.projectPoints(points, turned, moved, matrix, distortion)[0].reshape(-1, 2)


def read_camera(path):
    """The camera file's numbers as OpenCV's (docs/formats.md: pixels from the corner of the first one)."""
    camera = json.loads(path.read_text())
    matrix = np.array([[camera["fx"], 0, camera["cx"] - 0.5], [0, camera["fy"], camera["cy"] - 0.5], [0, 0, 1]])
    return camera, matrix, np.array(camera["distortion"], float)


class CalibrateTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.dir = pathlib.Path(folder.name)
        self.out = self.dir / "cam.json"

    def calibrate(self, *arguments):
        return subprocess.run([TENJO, "calibrate", *map(str, arguments), "--out", self.out], capture_output=True, text=True,
                              timeout=300)

    def done(self, *arguments):
        result = self.calibrate(*arguments)
        self.assertEqual(result.returncode, 0, result.stderr)
        return read_camera(self.out)

    def refused(self, result, *words, code=1):
        self.assertEqual(result.returncode, code, result.stderr)
        if code == 1:
            self.assertEqual(len(result.stderr.strip().splitlines()), 1, result.stderr)
        for word in words:
            self.assertIn(word, result.stderr)
        self.assertFalse(self.out.exists())

    # A chessboard held before the camera

    def from_board(self, kind, matrix, distortion):
        directions = rays(kind, matrix, distortion, 3)
        film = self.dir / "board.mp4"
        write_video(film, (board_picture(directions, *pose) for pose in board_poses(kind)), 3)
        camera, found, bent = self.done(film, "--chessboard", f"{COLUMNS}x{ROWS}", "--square", SQUARE, "--lens", kind, "--height",
                                        2.8, "--tilt", 20)
        self.assertEqual((camera["lens"], camera["width"], camera["height"]), (kind, WIDTH, HEIGHT))
        self.assertAlmostEqual(camera["centre"][2], 2.8)
        # What matters is where points are seen: a grid of them, of a fisheye as far out as the board was shown.
        seen = rays(kind, matrix, distortion, 1)[8:-8:24, 8:-8:24].reshape(-1, 2)
        seen = seen[np.linalg.norm(seen, axis=1) < np.tan(np.radians(55))]
        points = np.concatenate([seen, np.ones((len(seen), 1))], 1)
        here = project(kind, matrix, distortion, np.eye(3), np.zeros(3), points)
        there = project(kind, found, bent, np.eye(3), np.zeros(3), points)
        apart = np.linalg.norm(here - there, axis=1)
        self.assertLess(np.mean(apart), 0.6)
        self.assertLess(np.max(apart), 3)
        self.assertLess(abs(found[0, 0] / matrix[0, 0] - 1), 0.01)
        self.assertLess(abs(found[1, 1] / matrix[1, 1] - 1), 0.01)

    def test_pinhole_from_a_chessboard_video(self):
        self.from_board("pinhole", *PINHOLE)

    def test_fisheye_from_a_chessboard_video(self):
        self.from_board("equidistant", *FISHEYE)

    def test_boards_that_say_nothing(self):
        film = self.dir / "board.mp4"
        # Always at the same place.
        still = np.eye(3), np.array([-0.12, -0.07, 0.4])
        write_video(film, [board_picture(rays("pinhole", *PINHOLE, 2), *still)], 8)
        self.refused(self.calibrate(film, "--chessboard", "9x6", "--height", 2.8), "in 1 different places in 8 pictures")
        self.refused(self.calibrate(film, "--chessboard", "7x5", "--height", 2.8), "in 0 different places")
        self.refused(self.calibrate(film, "--chessboard", "2x2", "--height", 2.8), "2x2")
        self.refused(self.calibrate(film, "--chessboard", "9x6", "--lens", "stereographic", "--height", 2.8), "stereographic")
        self.refused(self.calibrate(self.dir / "none.mp4", "--chessboard", "9x6", "--height", 2.8), "none.mp4")
        self.refused(self.calibrate(film, "--height", 2.8), "the lens comes from", code=2)

    # Points of the floor, walking people

    def lens_file(self, kind, matrix, distortion):
        path = self.dir / "lens.json"
        path.write_text(json.dumps({
            "lens": kind, "width": WIDTH, "height": HEIGHT, "fx": matrix[0, 0], "fy": matrix[1, 1], "cx": matrix[0, 2] + 0.5,
            "cy": matrix[1, 2] + 0.5, "distortion": [*distortion, 0][:5], "height_m": 1}))
        return path

    def test_four_floor_points(self):
        for kind, (matrix, distortion), tilt in (("pinhole", PINHOLE, 35), ("equidistant", FISHEYE, 10)):
            turned, centre = look(tilt, 70, 8), np.array([1.2, -0.4, 2.9])
            # A rectangle of the floor about where the camera looks.
            aim = centre[:2] + centre[2] * np.tan(np.radians(tilt)) * np.array([np.cos(1.2217), np.sin(1.2217)])
            floor = [aim + np.array(d) for d in ((-0.9, -0.7), (0.9, -0.7), (0.8, 0.8), (-0.9, 0.6))]
            pixels = project(kind, matrix, distortion, turned, centre, [[*p, 0] for p in floor])
            points = [o for (u, v), (x, y) in zip(pixels, floor) for o in ("--point", f"{u},{v},{x},{y}")]
            camera, _, _ = self.done("--camera-file", self.lens_file(kind, matrix, distortion), *points)
            np.testing.assert_allclose(camera["centre"], centre, atol=2e-3)
            np.testing.assert_allclose(np.reshape(camera["world_from_camera"], (3, 3)), turned, atol=2e-3)
            self.out.unlink()
            line = [o for i, (u, v) in enumerate(pixels) for o in ("--point", f"{u},{v},{i},{2 * i}")]
            self.refused(self.calibrate("--camera-file", self.lens_file(kind, matrix, distortion), *line), "line")
            self.refused(self.calibrate("--camera-file", self.lens_file(kind, matrix, distortion), *points[:6]), "four")

    def test_walking_people_of_one_height(self):
        matrix, distortion = PINHOLE
        turned, centre = look(58, 90), np.array([0, 0, 3.1])
        random = np.random.default_rng(2)
        rows, frames = [], []
        while len(frames) < 80:
            x, y = random.uniform(-2.5, 2.5), random.uniform(2.5, 7)
            feet, head, ankles, face = project("pinhole", matrix, distortion, turned, centre,
                                               [[x, y, h * 1.7] for h in (0, 1, 0.05, 0.93)])
            if not all(0 < p[0] < WIDTH and 0 < p[1] < HEIGHT for p in (feet, head)):
                continue
            if abs(x) < 0.7:  # at the picture's sides people lean, their boxes do not
                rows.append(f"{len(rows) + 1},-1,{(feet[0] + head[0]) / 2 - 20:.2f},{head[1]:.2f},40,"
                            f"{feet[1] - head[1]:.2f},1\n")
            points = [[*face, 0.9]] * 5 + [[0, 0, 0]] * 10 + [[*ankles, 0.9]] * 2
            person = {"id": None, "score": 0.9, "box": [0, 0, 9, 9], "keypoints": points}
            frames.append(json.dumps({"frame": len(frames), "time": len(frames) / 10, "camera": "", "people": [person]}) + "\n")
        (self.dir / "people.txt").write_text("".join(rows))
        (self.dir / "people.jsonl").write_text("".join(frames))
        lens = self.lens_file("pinhole", matrix, distortion)
        for option, name, tall, turn in (("--mot", "people.txt", 0.3, 3), ("--frames", "people.jsonl", 0.05, 0.5)):
            camera, _, _ = self.done("--camera-file", lens, "--people", 1.7, option, self.dir / name)
            self.assertLess(abs(camera["centre"][2] - 3.1), tall)
            forward = np.reshape(camera["world_from_camera"], (3, 3))[:, 2]
            self.assertLess(abs(np.degrees(np.arccos(-forward[2])) - 58), turn)
            self.out.unlink()
        (self.dir / "people.jsonl").write_text("no frame\n")
        self.refused(self.calibrate("--camera-file", lens, "--people", 1.7, "--frames", self.dir / "people.jsonl"), "line 1")

    def test_wrong_camera_files_and_usage(self):
        wrong = self.dir / "wrong.json"
        for text in ("{", "[]", '{"lens":"pinhole"}', '{"lens":"magic","width":4,"height":4,"fov":90,"height_m":2}'):
            wrong.write_text(text)
            self.refused(self.calibrate("--camera-file", wrong, "--height", 2), "wrong.json")
        for arguments in (["--height", 2], ["--size", "640x480"], ["--size", "640x480", "--height", 2, "--people", 1.7],
                          ["--size", "big", "--height", 2], ["--size", "640x480", "--point", "1,2,3"],
                          ["--size", "640x480", "--people", 1.7]):
            self.refused(self.calibrate(*arguments), code=2)


if __name__ == "__main__":
    unittest.main()
