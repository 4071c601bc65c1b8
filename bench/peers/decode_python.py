"""Lightweight OpenPose's maps to people in Python, with OpenCV and numpy.

The peer of bench/decode.py: what one would write in Python from Cao et al. (2017) and Osokin
(2018), all of it vectorised that can be: maps enlarged 4 times in one call each, maxima of whole
maps by shifted comparisons, all candidates of a limb scored at once.
"""
import cv2
import numpy as np

LIMBS = (  # first keypoint, second keypoint, plane of the field's x
    (1, 2, 12), (1, 5, 20), (2, 3, 14), (3, 4, 16), (5, 6, 22), (6, 7, 24), (1, 8, 0), (8, 9, 2),
    (9, 10, 4), (1, 11, 6), (11, 12, 8), (12, 13, 10), (1, 0, 28), (0, 14, 30), (14, 16, 34),
    (0, 15, 32), (15, 17, 36), (2, 16, 18), (5, 17, 26))
TREE_LIMBS = 17
SAMPLES = 10
COCO = [0, -1, 6, 8, 10, 5, 7, 9, 12, 14, 16, 11, 13, 15, 2, 1, 4, 3]


def find_peaks(heatmap, threshold=0.1, radius=6):
    """Peaks of one enlarged heatmap: an array of rows u, v, value, sorted by u, then v."""
    padded = np.zeros((heatmap.shape[0] + 2, heatmap.shape[1] + 2), np.float32)
    centre = padded[1:-1, 1:-1]
    np.copyto(centre, heatmap, where=heatmap >= threshold)
    is_peak = ((centre > padded[1:-1, :-2]) & (centre > padded[1:-1, 2:]) &
               (centre > padded[:-2, 1:-1]) & (centre > padded[2:, 1:-1]))
    u, v = np.nonzero(is_peak.T)
    suppressed = np.zeros(len(u), bool)
    kept = []
    for i in range(len(u)):
        if not suppressed[i]:
            suppressed[i + 1:] |= (u[i + 1:] - u[i]) ** 2 + (v[i + 1:] - v[i]) ** 2 < radius ** 2
            kept.append(i)
    u, v = u[kept], v[kept]
    return np.stack([u, v, heatmap[v, u]], axis=1) if len(kept) else np.zeros((0, 3))


def connect(paf, a, b, threshold=0.05, ratio=0.8):
    """Pairs of peaks that are a limb, best first: a list of (index in a, index in b, score)."""
    vectors = (b[None, :, :2] - a[:, None, :2]).reshape(-1, 2)
    starts = np.repeat(a[:, :2], len(b), axis=0)
    steps = np.linspace(0, 1, SAMPLES)
    points = np.rint(starts[:, None, :] + vectors[:, None, :] * steps[None, :, None]).astype(int)
    field = paf[points[..., 1], points[..., 0]]
    unit = vectors / (np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-6)
    projection = np.einsum("nsk,nk->ns", field, unit)
    valid = projection > threshold
    count = valid.sum(axis=1)
    score = (projection * valid).sum(axis=1) / (count + 1e-6)
    good = np.nonzero((score > 0) & (count > ratio * SAMPLES))[0]
    good = good[np.argsort(-score[good], kind="stable")]
    used_a, used_b, limbs = set(), set(), []
    for index in good:
        i, j = divmod(int(index), len(b))
        if i not in used_a and j not in used_b:
            used_a.add(i)
            used_b.add(j)
            limbs.append((i, j, score[index]))
    return limbs


def group(peaks, pafs):
    """People as lists [18 indices of peaks or -1, score, number of keypoints]."""
    people = []
    for number, (ka, kb, plane) in enumerate(LIMBS):
        a, b = peaks[ka], peaks[kb]
        if len(a) == 0 or len(b) == 0:
            for kind in (ka, kb):
                known = {person[0][kind] for person in people}
                for i in range(len(peaks[kind])):
                    if i not in known:
                        places = [-1] * 18
                        places[kind] = i
                        people.append([places, peaks[kind][i][2], 1])
            continue
        for i, j, score in connect(pafs[:, :, plane:plane + 2], a, b):
            if number >= TREE_LIMBS:
                for places, _, _ in people:
                    if places[ka] == i and places[kb] == -1:
                        places[kb] = j
                    elif places[kb] == j and places[ka] == -1:
                        places[ka] = i
                continue
            found = False
            for person in people:
                if person[0][ka] == i:
                    person[0][kb] = j
                    person[1] += b[j][2] + score
                    person[2] += 1
                    found = True
            if not found:
                places = [-1] * 18
                places[ka], places[kb] = i, j
                people.append([places, a[i][2] + b[j][2] + score, 2])
    return [p for p in people if p[2] >= 3 and p[1] / p[2] >= 0.2]


def decode(heatmaps, pafs, stride=8):
    """Maps of 19xHxW and 38xHxW to people: (score, 17x3 keypoints in input pixels), best first."""
    heatmaps = cv2.resize(heatmaps.transpose(1, 2, 0), None, fx=4, fy=4,
                          interpolation=cv2.INTER_CUBIC)
    pafs = cv2.resize(pafs.transpose(1, 2, 0), None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC)
    peaks = [find_peaks(heatmaps[:, :, k]) for k in range(18)]
    people = []
    for places, score, number in group(peaks, pafs):
        keypoints = np.zeros((17, 3))
        for k, place in enumerate(places):
            if place >= 0 and COCO[k] >= 0:
                u, v, value = peaks[k][place]
                keypoints[COCO[k]] = ((u + 0.5) * stride / 4 - 0.5, (v + 0.5) * stride / 4 - 0.5,
                                      min(value, 1.0))
        people.append((min(1.0, np.sqrt(score * (number - 1) / (1.4 * 35 * 17))), keypoints))
    return sorted(people, key=lambda person: -person[0])
