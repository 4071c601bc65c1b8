"""SORT in Python with filterpy and scipy, written from the paper (Bewley et al. 2016) for speed
comparison: one filterpy Kalman filter a track, overlaps by numpy, assignment by scipy."""

import numpy as np
from filterpy.kalman import KalmanFilter
from scipy.optimize import linear_sum_assignment


def box_to_measurement(box):
    """[x1, y1, x2, y2] to the column (u, v, s, r)."""
    w, h = box[2] - box[0], box[3] - box[1]
    return np.array([[box[0] + w / 2], [box[1] + h / 2], [w * h], [w / h]])


def state_to_box(x):
    w = np.sqrt(x[2, 0] * x[3, 0])
    h = x[2, 0] / w
    return np.array([x[0, 0] - w / 2, x[1, 0] - h / 2, x[0, 0] + w / 2, x[1, 0] + h / 2])


def overlaps(a, b):
    """IoU of every box of a (n x 4) with every box of b (m x 4)."""
    a, b = a[:, None], b[None, :]
    sides = np.maximum(0.0, np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2]))
    common = sides[..., 0] * sides[..., 1]
    area_a = (a[..., 2] - a[..., 0]) * (a[..., 3] - a[..., 1])
    area_b = (b[..., 2] - b[..., 0]) * (b[..., 3] - b[..., 1])
    return common / (area_a + area_b - common)


class Track:
    TRANSITION = np.eye(7) + np.eye(7, k=4) * np.array([0, 0, 0, 0, 1, 1, 1])
    MEASURED = np.eye(4, 7)

    def __init__(self, box, number):
        self.number = number
        self.streak = 0
        self.unseen = 0
        self.filter = KalmanFilter(dim_x=7, dim_z=4)
        self.filter.F = self.TRANSITION
        self.filter.H = self.MEASURED
        self.filter.R = np.diag([1.0, 1.0, 10.0, 10.0])
        self.filter.P = np.diag([10.0, 10.0, 10.0, 10.0, 1e4, 1e4, 1e4])
        self.filter.Q = np.diag([1.0, 1.0, 1.0, 1.0, 1e-2, 1e-2, 1e-4])
        self.filter.x[:4] = box_to_measurement(box)

    def predict(self):
        if self.filter.x[2, 0] + self.filter.x[6, 0] <= 0:
            self.filter.x[6, 0] = 0.0
        self.filter.predict()
        if self.unseen > 0:
            self.streak = 0
        self.unseen += 1
        return state_to_box(self.filter.x)

    def update(self, box):
        self.unseen = 0
        self.streak += 1
        self.filter.update(box_to_measurement(box))


class Sort:
    def __init__(self, max_age=1, min_hits=3, iou_threshold=0.3):
        self.max_age = max_age
        self.min_hits = min_hits
        self.iou_threshold = iou_threshold
        self.tracks = []
        self.frames = 0
        self.last_number = 0

    def match(self, boxes, predicted):
        """Pairs (detection, track)."""
        if len(boxes) == 0 or len(predicted) == 0:
            return np.empty((0, 2), dtype=int)
        iou = overlaps(boxes, predicted)
        near = iou > self.iou_threshold
        if near.sum(axis=0).max() == 1 and near.sum(axis=1).max() == 1:
            return np.argwhere(near)
        pairs = np.stack(linear_sum_assignment(-iou), axis=1)
        return pairs[iou[pairs[:, 0], pairs[:, 1]] >= self.iou_threshold]

    def update(self, boxes):
        """boxes: n x 4 of x1, y1, x2, y2. Returns m x 5: box and number of each confirmed track."""
        self.frames += 1
        predicted = np.array([track.predict() for track in self.tracks]).reshape(-1, 4)
        sound = np.isfinite(predicted).all(axis=1)
        if not sound.all():
            self.tracks = [track for track, ok in zip(self.tracks, sound) if ok]
            predicted = predicted[sound]
        pairs = self.match(boxes, predicted)
        for detection, track in pairs:
            self.tracks[track].update(boxes[detection])
        taken = set(pairs[:, 0].tolist())
        for detection in range(len(boxes)):
            if detection not in taken:
                self.last_number += 1
                self.tracks.append(Track(boxes[detection], self.last_number))
        reported = [
            np.append(state_to_box(track.filter.x), track.number)
            for track in self.tracks
            if track.unseen == 0 and (track.streak >= self.min_hits or self.frames <= self.min_hits)
        ]
        self.tracks = [track for track in self.tracks if track.unseen <= self.max_age]
        return np.array(reported).reshape(-1, 5)
