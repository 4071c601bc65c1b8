#!/usr/bin/env python3
"""Fits how people walk to motion captures and writes src/tenjo/synth/people/gait_table.h.

    python3 tools/fit_gait.py CAPTURES src/tenjo/synth/people/gait_table.h

CAPTURES is a folder of BVH files or a .tar.xz of one, with CMU's skeleton (mocap.cs.cmu.edu). Strides are cut at heel
strikes, found where a foot is farthest before the pelvis (Zeni, Richards and Higginson 2008, "Two simple methods for
determining gait events during treadmill and overground walking using kinematic data"). Every joint angle
is a Fourier series of the phase of the stride, whose coefficients are linear in the walking speed divided by
sqrt(g * leg length), so that long and short people walk alike (Alexander 1976). CMU's skeletons have their hip joints
too far back: thighs lean forward too much and knees never straighten. How much is read off the straightest moment of
the stride, in which people's knees bend by STRAIGHT_KNEE (Winter 1991), and taken off thigh and knee. Only figures
leave this tool.
"""

import argparse
import os
import sys
import tarfile
import tempfile
from pathlib import Path

import numpy as np

UNIT_M = 0.0254 / 0.45  # CMU's files count in inches / 0.45
GRAVITY = 9.81
HARMONICS = 4
SAMPLES = 32
STRAIGHT_KNEE = np.deg2rad(3)
SEGMENT = 0.455  # thigh and shank, shares of the leg
PIVOT = 0.035  # of the ankle about the heel from the strike to the flat foot, likewise
CHANNELS = {
    "kThighPitch": "thigh before the vertical",
    "kKneeFlexion": "knee",
    "kFootPitch": "toes up against the flat foot",
    "kPelvisYaw": "this side of the pelvis forward",
    "kPelvisList": "this side of the pelvis up",
    "kPelvisHeight": "shares of the leg's length",
    "kPelvisSway": "towards this side, shares of the leg's length",
    "kChestYaw": "this shoulder forward",
    "kChestPitch": "chest forward",
    "kArmPitch": "upper arm before the vertical",
    "kElbowFlexion": "elbow",
}


class Capture:
    """Joint places of a BVH file: places[name] is frames x 3, metres, y up."""

    def __init__(self, text):
        words = text.split()
        at, stack, self.joints = 0, [], []
        while words[at] != "MOTION":
            word = words[at]
            if word in ("ROOT", "JOINT", "End"):
                name = stack[-1]["name"] + "End" if word == "End" else words[at + 1]
                joint = {"name": name, "parent": stack[-1] if stack else None, "channels": []}
                at += 2
            elif word == "{":
                stack.append(joint)
                self.joints.append(joint)
                at += 1
            elif word == "}":
                stack.pop()
                at += 1
            elif word == "OFFSET":
                stack[-1]["offset"] = np.array([float(x) for x in words[at + 1 : at + 4]]) * UNIT_M
                at += 4
            elif word == "CHANNELS":
                count = int(words[at + 1])
                stack[-1]["channels"] = words[at + 2 : at + 2 + count]
                at += 2 + count
            else:
                at += 1
        frames, self.frame_s = int(words[at + 2]), float(words[at + 5])
        self.motion = np.array(words[at + 6 :], float).reshape(frames, -1)
        self._place()

    def _place(self):
        self.places, self.turns, column = {}, {}, 0
        for joint in self.joints:
            frames = len(self.motion)
            turn = np.broadcast_to(np.eye(3), (frames, 3, 3))
            shift = np.broadcast_to(joint["offset"], (frames, 3)).copy()
            for channel in joint["channels"]:
                values = self.motion[:, column]
                column += 1
                axis = "XYZ".index(channel[0])
                if channel.endswith("position"):
                    shift[:, axis] = joint["offset"][axis] + values * UNIT_M
                else:
                    turn = turn @ self._rotation(axis, np.deg2rad(values))
            parent = joint["parent"]
            if parent is not None:
                above = self.turns[parent["name"]]
                shift = self.places[parent["name"]] + np.einsum("fij,fj->fi", above, shift)
                turn = above @ turn
            self.places[joint["name"]], self.turns[joint["name"]] = shift, turn

    @staticmethod
    def _rotation(axis, angle):
        matrix = np.zeros((len(angle), 3, 3))
        i, j = (axis + 1) % 3, (axis + 2) % 3
        matrix[:, axis, axis] = 1
        matrix[:, i, i] = matrix[:, j, j] = np.cos(angle)
        matrix[:, j, i] = np.sin(angle)
        matrix[:, i, j] = -np.sin(angle)
        return matrix


def peaks(signal, apart):
    """Places of maxima that nothing within `apart` exceeds, refined by a parabola."""
    found = []
    for i in range(1, len(signal) - 1):
        around = signal[max(0, i - apart) : i + apart + 1]
        if signal[i] == around.max() and signal[i] > np.median(signal):
            a, b, c = signal[i - 1 : i + 2]
            found.append(i + (0.5 * (a - c) / (a - 2 * b + c) if a - 2 * b + c < 0 else 0.0))
    return found


def unwrap_pitch(vector, forward):
    return np.arctan2(vector @ forward, -vector[:, 1])


def flat_yaw(vector, forward, left):
    return np.arctan2(vector @ forward, vector @ left)


def strides(capture):
    """Yields (speed / sqrt(g L), stride / L, toe-off phase, step width / L, SAMPLES x channels) of straight walking."""
    p = {name: places[1:] for name, places in capture.places.items()}  # the first frame is a T-pose
    pelvis = (p["LeftUpLeg"] + p["RightUpLeg"]) / 2
    length = np.median(np.linalg.norm(p["LeftUpLeg"] - p["LeftLeg"], axis=1) +
                       np.linalg.norm(p["LeftLeg"] - p["LeftFoot"], axis=1)) + 0.08
    if len(pelvis) < 30:
        return
    travel = np.gradient(pelvis[:, [0, 2]], axis=0)
    smooth = np.stack([np.convolve(travel[:, k], np.ones(21) / 21, "same") for k in (0, 1)], axis=1)
    heading = smooth / np.maximum(np.linalg.norm(smooth, axis=1, keepdims=True), 1e-9)
    for side, other in (("Left", "Right"), ("Right", "Left")):
        ahead = np.sum((p[side + "Foot"] - pelvis)[:, [0, 2]] * heading, axis=1)
        strikes = peaks(ahead, 10)
        for start, stop in zip(strikes[:-1], strikes[1:]):
            yield from stride(capture, p, pelvis, length, side, other, start, stop)


def stride(capture, p, pelvis, length, side, other, start, stop):
    seconds = (stop - start) * capture.frame_s
    at = start + (stop - start) * np.arange(SAMPLES + 1) / SAMPLES
    if not 0.75 < seconds < 2.4 or start < 3 or stop > len(pelvis) - 4:
        return
    take = lambda places: np.stack([np.interp(at, np.arange(len(places)), places[:, k]) for k in range(3)], axis=1)
    q = {name: take(places) for name, places in p.items()}
    middle = take(pelvis)
    way = middle[-1] - middle[0]
    way[1] = 0
    distance = np.linalg.norm(way)
    speed = distance / seconds
    if not 0.3 < speed < 2.3:
        return
    forward = way / distance
    left = np.cross([0.0, 1.0, 0.0], forward)
    sign = 1 if side == "Left" else -1
    hips = sign * (q["LeftUpLeg"] - q["RightUpLeg"])
    shoulders = sign * (q["LeftArm"] - q["RightArm"])
    across = sign * left
    half = (middle[SAMPLES // 2] - middle[0])
    bend = np.arctan2(half @ left, half @ forward)
    if abs(bend) > 0.12 or np.abs(flat_yaw(hips, forward, across)).max() > 0.5:
        return
    thigh = q[side + "Leg"] - q[side + "UpLeg"]
    shank = q[side + "Foot"] - q[side + "Leg"]
    foot = q[side + "ToeBase"] - q[side + "Foot"]
    upper = q[side + "ForeArm"] - q[side + "Arm"]
    lower = q[side + "Hand"] - q[side + "ForeArm"]
    chest = q["Neck"] - q["LowerBack"]
    foot_pitch = np.arctan2(foot[:, 1], foot @ forward)
    line = np.linspace(0, 1, SAMPLES + 1)
    sway = (middle - middle[0]) @ across
    sway = sway - line * sway[-1]
    ankle_back = (q[side + "Foot"] - middle) @ forward
    channels = {
        "kThighPitch": unwrap_pitch(thigh, forward),
        "kKneeFlexion": unwrap_pitch(thigh, forward) - unwrap_pitch(shank, forward),
        "kFootPitch": foot_pitch - np.median(foot_pitch[SAMPLES // 8 : SAMPLES // 3]),
        "kPelvisYaw": flat_yaw(hips, forward, across),
        "kPelvisList": np.arcsin(np.clip(hips[:, 1] / np.linalg.norm(hips, axis=1), -1, 1)),
        "kPelvisHeight": (middle[:, 1] - middle[:-1, 1].mean()) / length,
        "kPelvisSway": (sway - sway[:-1].mean()) / length,
        "kChestYaw": flat_yaw(shoulders, forward, across),
        "kChestPitch": np.arctan2(chest @ forward, chest[:, 1]),
        "kArmPitch": unwrap_pitch(upper, forward),
        "kElbowFlexion": np.arccos(np.clip(np.sum(upper * lower, 1) / np.linalg.norm(upper, axis=1) /
                                           np.linalg.norm(lower, axis=1), -1, 1)),
    }
    values = np.stack([channels[name] for name in CHANNELS], axis=1)
    if np.abs(np.diff(values, axis=0)).max() > 1.0:
        return
    for column, name in enumerate(CHANNELS):  # a turn or a limp does not close
        if name in ("kPelvisYaw", "kChestYaw"):
            values[:, column] -= line * (values[-1, column] - values[0, column])
    knee = channels["kKneeFlexion"]
    if knee.max() < 0.5 or not -0.35 < knee.min() < 0.5 or np.abs(values[-1] - values[0]).max() > 0.35:
        return
    toe_off = ankle_back[SAMPLES // 4 :].argmin() + SAMPLES // 4
    width = np.median(((q[side + "Foot"] - q[other + "Foot"]) @ across)) / length
    over = ankle_back[0] / distance  # of the stride that the foot strikes ahead of the hips
    yield speed / np.sqrt(GRAVITY * length), distance / length, toe_off / SAMPLES, width, values[:-1], over


def basis(harmonics=HARMONICS):
    phase = 2 * np.pi * np.arange(SAMPLES) / SAMPLES
    return np.stack([np.ones(SAMPLES)] + [f(k * phase) for k in range(1, harmonics + 1) for f in (np.cos, np.sin)], 1)


def robust_line(x, y):
    """Straight line through columns of y over x, outlying people counted less (Huber's weights)."""
    design = np.stack([np.ones_like(x), x], axis=1)
    weights = np.ones(y.shape)
    lines = np.zeros((2, y.shape[1]))
    for _ in range(20):
        for k in range(y.shape[1]):
            root = np.sqrt(weights[:, k])
            lines[:, k] = np.linalg.lstsq(design * root[:, None], y[:, k] * root, rcond=None)[0]
        misses = np.abs(y - design @ lines)
        scale = 1.5 * 1.4826 * np.median(misses, axis=0) + 1e-9
        weights = 1 / np.maximum(1, misses / scale)
    return lines


def read_captures(where):
    if where.is_dir():
        yield from sorted(where.rglob("*.bvh"))
        return
    with tempfile.TemporaryDirectory() as folder, tarfile.open(where) as tar:
        tar.extractall(folder, filter="data") if hasattr(tarfile, "data_filter") else tar.extractall(folder)
        yield from sorted(Path(folder).rglob("*.bvh"))


def numbers(values):
    return "{" + ", ".join(f"{v:.4f}F" for v in values) + "}"


def main():
    parser = argparse.ArgumentParser(description="Fits the gait table to motion captures.")
    parser.add_argument("captures", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    rows, files = [], 0
    for path in read_captures(args.captures):
        found = list(strides(Capture(path.read_text())))
        files += bool(found)
        rows += found
    if len(rows) < 50:
        sys.exit(f"{args.captures} holds {len(rows)} strides of straight walking; 50 are needed.")
    speed, stride_length, toe_off, width = (np.array([r[k] for r in rows]) for k in range(4))
    knees = np.stack([r[4][:, list(CHANNELS).index("kKneeFlexion")] for r in rows])
    straightest = knees.min(axis=1)
    lean = np.median(straightest[straightest > 0.02]) - STRAIGHT_KNEE  # 0: a limit of the capture's skeleton
    for r in rows:
        r[4][:, list(CHANNELS).index("kThighPitch")] -= lean
        r[4][:, list(CHANNELS).index("kKneeFlexion")] -= lean
    # The ankle is farther ahead by PIVOT once the foot lies flat.
    over = np.median([r[5] for r in rows]) + (PIVOT - SEGMENT * np.sin(lean)) / np.median(stride_length)
    series = np.stack([np.linalg.lstsq(basis(), r[4], rcond=None)[0] for r in rows])  # strides x terms x channels
    middle = float(np.median(speed))
    x = speed - middle
    scalars = robust_line(x, np.stack([toe_off, width], axis=1))
    power = robust_line(np.log(speed / middle), np.log(stride_length)[:, None])
    lines = [robust_line(x, series[:, :, c]) for c in range(len(CHANNELS))]
    fitted = np.stack([basis() @ (line[0] + x[:, None] * line[1]).T for line in lines], axis=2).transpose(1, 0, 2)
    rms = np.sqrt(np.mean((fitted - np.stack([r[4] for r in rows])) ** 2, axis=(0, 1)))
    text = f"""#pragma once

// Written by tools/fit_gait.py: {len(rows)} strides of {files} walks of the CMU motion capture database (mocap.cs.cmu.edu,
// created with funding from NSF EIA-0196217). Angles in radians; phase 0 is this side's heel strike.

#include <array>

namespace tenjo::synth::gait_table {{

inline constexpr int kHarmonics = {HARMONICS};
//! A series c0, a1, b1, a2, b2, ... at kMiddleSpeed, and what each gains per unit of speed.
struct Series {{
  std::array<float, 1 + 2 * kHarmonics> base;
  std::array<float, 1 + 2 * kHarmonics> per_speed;
}};

// Speeds are divided by sqrt(g * leg length), lengths by the leg's length.
inline constexpr float kMiddleSpeed = {middle:.4f}F;
inline constexpr float kLowestSpeed = {np.percentile(speed, 2):.4f}F;
inline constexpr float kHighestSpeed = {np.percentile(speed, 98):.4f}F;
//! Stride (two steps) = kStride * (speed / kMiddleSpeed) ^ kStridePower.
inline constexpr float kStride = {np.exp(power[0, 0]):.4f}F;
inline constexpr float kStridePower = {power[1, 0]:.4f}F;
inline constexpr std::array<float, 2> kToeOff = {numbers(scalars[:, 0])};    //!< phase, and per speed
inline constexpr std::array<float, 2> kStepWidth = {numbers(scalars[:, 1])};  //!< between the ankles
inline constexpr float kMidStance = {over:.4f}F;  //!< phase at which the hips pass over the ankle

"""
    for (name, what), line, miss in zip(CHANNELS.items(), lines, rms):
        text += f"//! {what[0].upper() + what[1:]}; strides scatter by {miss:.3f}.\n"
        text += f"inline constexpr Series {name} = {{\n    {numbers(line[0])},\n    {numbers(line[1])}}};\n"
    text += "\n}  // namespace tenjo::synth::gait_table\n"
    part = args.out.with_name(args.out.name + ".part")
    part.write_text(text)
    os.replace(part, args.out)
    print(f"thighs leant forward by {np.rad2deg(lean):.1f} degrees too much")
    print(f"{len(rows)} strides of {files} files, speed / sqrt(g L) {speed.min():.2f}-{speed.max():.2f}")
    for name, miss in zip(CHANNELS, rms):
        print(f"{name}: strides scatter by {miss:.3f}")


if __name__ == "__main__":
    main()
