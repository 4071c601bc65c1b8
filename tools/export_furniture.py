#!/usr/bin/env python3
"""Writes assets/furniture.bin: furniture and things of the CC0 pack that Debian's package
sweethome3d-furniture carries, decimated for rooms that are seen from the ceiling.

    apt-get download sweethome3d-furniture && dpkg -x sweethome3d-furniture_*.deb unpacked
    pip install numpy scipy opencv-python-headless
    tools/export_furniture.py unpacked/usr/share/sweethome3d/furniture/BlendSwap-CC-0.sh3f assets/furniture.bin

The same pack gives the same bytes. Models whose own licence file says anything but CC0 are refused.
Format (little-endian; read by src/tenjo/synth/place/furniture.cc):
  "TENJOFRN", u32 version, u32 CRC-32 of all that follows, u32 models, then for each model
    string name, string kind (u8 length + bytes), f32[3] size (x: depth, the front faces +x; y: width; z: height),
    f32 elevation, u8 seats, seats x f32[4] (x, y, yaw, height), u8 pieces, for each piece
      u8 surface, u8[3] sRGB, u8 gloss, u16 vertices, u16 triangles,
      vertices x u16[3] in 1/65535 of the size from (-x/2, -y/2, 0), triangles x u16[3].
"""

import argparse
import heapq
import os
import re
import struct
import sys
import tempfile
import zipfile
import zlib

import cv2
import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from packing import packed

VERSION = 1
SURFACES = ["plain", "wood", "cloth", "metal", "leaf", "glass", "light"]

# name in the pack: (kind, triangles)
MODELS = {
    "armchair": ("office_chair", 900),
    "oakChair": ("chair", 700),
    "plasticChair": ("chair", 500),
    "sillaBlanca": ("chair", 500),
    "chair": ("chair", 600),
    "antiqueChair": ("chair", 650),
    "chairWithCushion": ("chair", 650),
    "chair2": ("chair", 500),
    "osakaChair": ("chair", 500),
    "thonet": ("chair", 600),
    "designChair": ("lounge_chair", 600),
    "armchair2": ("lounge_chair", 500),
    "modernArmchair": ("lounge_chair", 1000),
    "silla2": ("bar_stool", 400),
    "stool": ("bar_stool", 450),
    "stool2": ("bar_stool", 400),
    "pianoBench": ("bench", 300),
    "bench": ("bench", 350),
    "sofa2": ("sofa", 700),
    "couch": ("sofa", 800),
    "sofa": ("corner_sofa", 800),
    "L_shaped_sofa": ("corner_sofa", 900),
    "couch2": ("corner_sofa", 700),
    "oakTable": ("table", 500),
    "tableWithTablecloth": ("table", 500),
    "table": ("long_table", 400),
    "technicalTable1": ("long_table", 500),
    "lbDesk": ("desk", 700),
    "poolTable": ("game", 900),
    "table_football": ("game", 1200),
    "pianoAQueue": ("game", 1200),
    "littlePlant": ("small_plant", 400),
    "cactus": ("small_plant", 300),
    "augalas": ("small_plant", 500),
    "orchids": ("small_plant", 600),
    "decorativePlant": ("plant", 1400),
    "plant": ("plant", 1100),
    "plantie": ("plant_box", 900),
    "flowerBox": ("plant_box", 900),
    "refrigerator": ("fridge", 700),
    "largeFridge": ("fridge", 600),
    "JapaneseLantern": ("table_lamp", 250),
    "desklamp": ("table_lamp", 350),
    "bookcase": ("bookcase", 700),
    "shelves": ("bookcase", 500),
    "verticalShelves": ("bookcase", 500),
    "cupboard": ("cabinet", 600),
    "wardrobeWithSlidingDoors": ("cabinet", 400),
    "highCabinet": ("cabinet", 600),
    "televisionCabinet": ("cabinet", 900),
    "lowerCabinet": ("low_cabinet", 300),
    "drawersCabinet": ("low_cabinet", 350),
    "bedsideTable2": ("low_cabinet", 200),
    "caffe_final": ("cup", 220),
    "plasticCup": ("cup", 200),
    "beerGlass": ("cup", 200),
    "tetrapak": ("bottle", 120),
    "yogurtBottle": ("bottle", 160),
    "bread": ("food", 150),
    "cupcake": ("food", 160),
    "hotDog": ("food", 200),
    "coffeeBrewer": ("machine", 500),
    "kitchenaid": ("machine", 500),
    "oven": ("machine", 400),
    "briefcase": ("bag", 350),
    "handbag": ("bag", 400),
    "kalender": ("desk_thing", 150),
    "teddyBear": ("desk_thing", 350),
    "led_tv": ("screen", 250),
    "speaker2": ("speaker", 200),
    "speaker3": ("speaker", 250),
    "whiteBoard": ("white_board", 300),
    "radiator1": ("radiator", 500),
    "dustbin": ("bin", 500),
    "fireExtinguisher": ("extinguisher", 300),
    "ceilingFan": ("ceiling_fan", 400),
    "umbrellaFolded": ("umbrella", 300),
    "box": ("box", 250),
    "crate": ("box", 864),
    "barrel": ("box", 300),
    "electricGuitar": ("leaning", 400),
    "basketball": ("desk_thing", 150),
}
# Sofas and benches: seats along y at this share of the depth from the front edge.
SEAT_KINDS = {"chair", "office_chair", "lounge_chair", "bar_stool", "bench", "sofa"}


def read_catalogue(folder):
    """{model name: {width, depth, height, elevation in metres, rotation or None}}"""
    entries = {}
    path = os.path.join(folder, "PluginFurnitureCatalog.properties")
    for line in open(path, encoding="latin-1"):
        match = re.match(r"(\w+)#(\d+)=(.*)", line.strip())
        if match:
            entries.setdefault(int(match[2]), {})[match[1]] = match[3]
    catalogue = {}
    for entry in entries.values():
        name = entry["model"].split("/")[-2]
        catalogue[name] = {
            "size": [float(entry[key]) / 100 for key in ("width", "depth", "height")],
            "elevation": float(entry.get("elevation", 0)) / 100,
            "rotation": entry.get("modelRotation"),
        }
    return catalogue


def check_licence(folder):
    """Only what says CC0 and nothing else; some models of the pack link to other terms."""
    says_zero = False
    for name in sorted(os.listdir(folder)):
        if name.lower().endswith((".txt", ".html", ".mtl")):
            text = re.sub(r"<[^>]*>", " ", open(os.path.join(folder, name), errors="ignore").read())
            text = re.sub(r"\s+", " ", text)
            says_zero |= bool(re.search(r"Creative Commons Zero|CC-?0", text, re.I))
            if re.search(r"Released under\W+Creative Commons Attribution|CC-BY", text, re.I):
                sys.exit(f"{folder}/{name} is not CC0; leave this model out.")
    if not says_zero:
        sys.exit(f"{folder} does not say that it is CC0; leave this model out.")


def texture_colour(path):
    image = cv2.imread(path, cv2.IMREAD_UNCHANGED)
    if image is None:
        return None
    if image.ndim == 2:
        image = image[..., None].repeat(3, 2)
    pixels = image.reshape(-1, image.shape[2]).astype(np.float64) / 255
    weight = pixels[:, 3:4] if pixels.shape[1] == 4 else np.ones((len(pixels), 1))
    rgb = pixels[:, 2::-1] if pixels.shape[1] >= 3 else pixels
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    mean = (linear * weight).sum(0) / max(weight.sum(), 1e-9)
    return np.where(mean <= 0.0031308, 12.92 * mean, 1.055 * mean ** (1 / 2.4) - 0.055)


def read_materials(path):
    """{name: (surface, sRGB colour 0..1, gloss 0..1)}"""
    materials, name = {}, None
    raw = {}
    for line in open(path, errors="ignore"):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if words[0] == "newmtl":
            name = line.split(None, 1)[1].strip()
            raw[name] = {"Kd": [0.6, 0.6, 0.6], "Ks": [0, 0, 0], "Ns": [1], "d": [1], "map_Kd": None}
        elif name and words[0] in ("Kd", "Ks", "Ns", "d"):
            raw[name][words[0]] = [float(word) for word in words[1:4]]
        elif name and words[0] == "map_Kd":
            raw[name]["map_Kd"] = line.split(None, 1)[1].strip()
    for name, item in raw.items():
        colour = np.array(item["Kd"])
        if item["map_Kd"]:
            mean = texture_colour(os.path.join(os.path.dirname(path), item["map_Kd"]))
            if mean is not None:
                colour = mean
        label = (name + " " + (item["map_Kd"] or "")).lower()
        strong = max(item["Ks"])
        surface = "plain"
        if item["d"][0] < 0.75 or "glass" in label:
            surface = "glass"
        elif re.search(r"wood|oak|timber|bois|holz|plank|wenge|walnut|pine|bamb|parquet", label):
            surface = "wood"
        elif re.search(r"lea[fv]|grass|plant|flower|branch|petal|orchid|cactus|fleur|fiore", label):
            surface = "leaf"
        elif re.search(r"fabric|cloth|cushion|pillow|couch|sofa|leather|textile|seat|tissu|cotton|coussin", label):
            surface = "cloth"
        elif re.search(r"metal|chrome|steel|alum|iron|inox|tube", label) or (strong > 0.6 and item["Ns"][0] > 60):
            surface = "metal"
        elif re.search(r"bulb|emit|glow", label):
            surface = "light"
        materials[name] = (surface, np.clip(colour, 0, 1), float(np.clip(strong * 0.7, 0, 1)))
    return materials


def read_obj(path):
    """vertices (n, 3), triangles (m, 3), material of each triangle, names of materials"""
    vertices, triangles, owners, names, index = [], [], [], [], {}
    current = 0
    for line in open(path, errors="ignore"):
        if line.startswith("v "):
            vertices.append([float(word) for word in line.split()[1:4]])
        elif line.startswith("usemtl"):
            name = line.split(None, 1)[1].strip()
            current = index.setdefault(name, len(index))
            if current == len(names):
                names.append(name)
        elif line.startswith("f "):
            corners = []
            for word in line.split()[1:]:
                corner = int(word.split("/")[0])
                corners.append(corner - 1 if corner > 0 else len(vertices) + corner)
            for k in range(1, len(corners) - 1):
                triangles.append([corners[0], corners[k], corners[k + 1]])
                owners.append(current)
    return np.array(vertices), np.array(triangles), np.array(owners), names


def weld(vertices, triangles):
    """Merges vertices of one place, drops what is then flat."""
    keys = np.round(vertices / 2e-4).astype(np.int64)
    unique, inverse = np.unique(keys, axis=0, return_inverse=True)
    inverse = inverse.reshape(-1)
    welded = np.zeros((len(unique), 3))
    welded[inverse] = vertices
    tris = inverse[triangles]
    good = (tris[:, 0] != tris[:, 1]) & (tris[:, 1] != tris[:, 2]) & (tris[:, 0] != tris[:, 2])
    tris = tris[good]
    used, compact = np.unique(tris, return_inverse=True)
    return welded[used], compact.reshape(-1, 3)


def area(vertices, triangles):
    a, b, c = (vertices[triangles[:, k]] for k in range(3))
    return np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2


def parts(vertices, triangles):
    """Label of the connected part of each triangle."""
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]]])
    graph = coo_matrix((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(len(vertices),) * 2)
    return connected_components(graph, directed=False)[1][triangles[:, 0]]


def cluster(vertices, triangles, limit):
    """Merges vertices on ever coarser grids until at most `limit` triangles are left."""
    cell = 0.002
    while len(triangles) > limit:
        keys = np.floor(vertices / cell).astype(np.int64)
        _, inverse = np.unique(keys, axis=0, return_inverse=True)
        inverse = inverse.reshape(-1)
        counts = np.bincount(inverse)
        merged = np.stack([np.bincount(inverse, weights=vertices[:, k]) / counts for k in range(3)], axis=1)
        points, faces = weld(merged, inverse[triangles])
        if len(faces) <= limit or cell > 0.05:
            return points, faces
        cell *= 1.25
    return vertices, triangles


def plane_quadric(normal, point, weight):
    """The ten numbers of weight * (n.x - n.p)^2 (Garland and Heckbert 1997)."""
    a, b, c = normal
    d = -(a * point[0] + b * point[1] + c * point[2])
    return [weight * q for q in (a * a, a * b, a * c, a * d, b * b, b * c, b * d, c * c, c * d, d * d)]


def quadric_cost(q, p):
    x, y, z = p
    return (q[0] * x * x + q[4] * y * y + q[7] * z * z + q[9]
            + 2 * (q[1] * x * y + q[2] * x * z + q[5] * y * z + q[3] * x + q[6] * y + q[8] * z))


def face_normal(a, b, c):
    ux, uy, uz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
    vx, vy, vz = c[0] - a[0], c[1] - a[1], c[2] - a[2]
    return (uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx)


class Decimator:
    """Edge collapse by quadric error; a collapsed edge goes to one of its ends or its middle, which
    never leaves the shape as the solved optimum of flat parts does."""

    def __init__(self, vertices, triangles):
        self.points = [tuple(p) for p in vertices.tolist()]
        self.faces = [list(f) for f in triangles.tolist()]
        self.around = [set() for _ in self.points]
        self.quadrics = [[0.0] * 10 for _ in self.points]
        self.stamp = [0] * len(self.points)
        self.alive = len(self.faces)
        edges = {}
        for index, face in enumerate(self.faces):
            normal = np.array(face_normal(*(self.points[v] for v in face)))
            length = float(np.linalg.norm(normal))
            normal = (normal / max(length, 1e-15)).tolist()
            for v in face:
                self.around[v].add(index)
                self.add(v, plane_quadric(normal, self.points[v], length / 2 + 1e-9))
            for k in range(3):
                edges.setdefault(tuple(sorted((face[k], face[(k + 1) % 3]))), []).append(normal)
        for (i, j), normals in edges.items():
            if len(normals) == 1:  # borders hold their line by a plane that stands on them
                along = np.array(self.points[j]) - np.array(self.points[i])
                across = np.cross(along, normals[0])
                length = float(np.linalg.norm(across))
                if length > 1e-12:
                    quadric = plane_quadric((across / length).tolist(), self.points[i], 2 * length * length)
                    self.add(i, quadric)
                    self.add(j, quadric)
        self.heap = []
        for i, j in edges:
            self.push(i, j)

    def add(self, v, quadric):
        self.quadrics[v] = [a + b for a, b in zip(self.quadrics[v], quadric)]

    def push(self, i, j):
        quadric = [a + b for a, b in zip(self.quadrics[i], self.quadrics[j])]
        p, q = self.points[i], self.points[j]
        middle = tuple((a + b) / 2 for a, b in zip(p, q))
        length = sum((a - b) ** 2 for a, b in zip(p, q))
        cost, place = min((quadric_cost(quadric, option), option) for option in (p, q, middle))
        heapq.heappush(self.heap, (cost + 1e-7 * length, i, j, self.stamp[i], self.stamp[j], place))

    def flips(self, v, other, place):
        for index in self.around[v]:
            face = self.faces[index]
            if other in face:
                continue
            before = face_normal(*(self.points[k] for k in face))
            after = face_normal(*(place if k == v else self.points[k] for k in face))
            dot = sum(a * b for a, b in zip(before, after))
            if dot < 0.1 * (sum(a * a for a in before) * sum(a * a for a in after)) ** 0.5:
                return True
        return False

    def collapse(self, i, j, place):
        for index in self.around[i] & self.around[j]:
            for v in self.faces[index]:
                self.around[v].discard(index)
            self.faces[index] = None
            self.alive -= 1
        for index in self.around[j]:
            self.faces[index] = [i if v == j else v for v in self.faces[index]]
        self.around[i] |= self.around[j]
        self.around[j] = set()
        self.points[i] = place
        self.add(i, self.quadrics[j])
        self.stamp[i] += 1
        self.stamp[j] = -1
        for other in sorted({v for index in self.around[i] for v in self.faces[index]} - {i}):
            self.push(i, other)

    def run(self, target):
        while self.alive > target and self.heap:
            _, i, j, stamp_i, stamp_j, place = heapq.heappop(self.heap)
            if self.stamp[i] != stamp_i or self.stamp[j] != stamp_j or not self.around[i] & self.around[j]:
                continue
            if self.alive > 8 and not self.flips(i, j, place) and not self.flips(j, i, place):
                self.collapse(i, j, place)
        faces = np.array([face for face in self.faces if face], dtype=np.int64).reshape(-1, 3)
        return weld(np.array(self.points), faces)


def drop_small_parts(vertices, triangles, target):
    labels = parts(vertices, triangles)
    areas = np.bincount(labels, weights=area(vertices, triangles))
    counts = np.bincount(labels)
    left, lost = len(triangles), 0
    dropped = []
    for label in np.argsort(areas, kind="stable"):
        if left <= target or lost + areas[label] > 0.15 * areas.sum():
            break
        left -= counts[label]
        lost += areas[label]
        dropped.append(label)
    return weld(vertices, triangles[~np.isin(labels, dropped)])


def simplify(vertices, triangles, target):
    if len(triangles) <= target or len(triangles) < 8:
        return vertices, triangles
    vertices, triangles = cluster(vertices, triangles, 10 * target)
    vertices, triangles = Decimator(vertices, triangles).run(target)
    if len(triangles) > 1.2 * target:
        vertices, triangles = drop_small_parts(vertices, triangles, target)
    if len(triangles) > 1.3 * target:
        vertices, triangles = cluster(vertices, triangles, int(1.2 * target))
    return vertices, triangles


def thin_out(vertices, triangles, labels, target, seed):
    """Of a cloud of small parts (leaves) keeps some, larger, so that the cloud stays as dense."""
    rng = np.random.default_rng(seed)
    sizes = np.bincount(labels, weights=area(vertices, triangles))
    each = 8
    keep = max(1, target // each)
    order = rng.permutation(len(sizes))[:keep] if keep < len(sizes) else np.arange(len(sizes))
    grow = min(1.7, np.sqrt(sizes.sum() / max(sizes[order].sum(), 1e-12)))
    all_vertices, all_triangles, base = [], [], 0
    for label in sorted(order):
        points, faces = weld(vertices, triangles[labels == label])
        points, faces = simplify(points, faces, each)
        if len(faces) == 0:
            continue
        middle = points.mean(0)
        all_vertices.append(middle + (points - middle) * grow)
        all_triangles.append(faces + base)
        base += len(points)
    return np.concatenate(all_vertices), np.concatenate(all_triangles)


def reduce_piece(vertices, triangles, target, seed):
    vertices, triangles = weld(vertices, triangles)
    if len(triangles) <= target:
        return vertices, triangles
    labels = parts(vertices, triangles)
    count = labels.max() + 1
    if count > target / 8 and count > 20:
        return thin_out(vertices, triangles, labels, target, seed)
    return simplify(vertices, triangles, target)


def height_map(vertices, triangles, step=0.02):
    """{(i, j): highest z} of points strewn over the surfaces."""
    rng = np.random.default_rng(1)
    areas = area(vertices, triangles)
    chosen = rng.choice(len(triangles), 200000, p=areas / areas.sum())
    u, v = rng.random((2, len(chosen), 1))
    flip = (u + v) > 1
    u, v = np.where(flip, 1 - u, u), np.where(flip, 1 - v, v)
    a, b, c = (vertices[triangles[chosen, k]] for k in range(3))
    points = a + u * (b - a) + v * (c - a)
    normal = np.cross(b - a, c - a)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-12
    points = points[np.abs(normal[:, 2]) > 0.6]
    return points


def front_turns(kind, vertices, triangles):
    """Quarter turns that bring the front to +x: a back is high, so the middle of what is high is behind."""
    if kind not in SEAT_KINDS and kind != "corner_sofa":
        return 1  # the pack's fronts face -y once z is up
    points = vertices[triangles].mean(1)
    weights = area(vertices, triangles)
    high = points[:, 2] > 0.72 * vertices[:, 2].max()
    back = np.average(points[high][:, :2], axis=0, weights=weights[high])
    if np.linalg.norm(back) < 0.1 * vertices[:, :2].max():
        return 1
    angle = int(np.round(np.arctan2(back[1], back[0]) / (np.pi / 2))) % 4
    return (2 - angle) % 4  # from where the back is (+x, +y, -x, -y) to -x


def turn(vertices, quarter):
    for _ in range(quarter % 4):
        vertices = np.stack([-vertices[:, 1], vertices[:, 0], vertices[:, 2]], axis=1)
    return vertices


def find_seats(kind, vertices, triangles):
    if kind not in SEAT_KINDS:
        return []
    size = vertices.max(0) - vertices.min(0)
    points = height_map(vertices, triangles)
    limit = 0.9 if kind == "bar_stool" else 0.62
    low = 0.55 if kind == "bar_stool" else 0.28
    usable = points[(points[:, 2] > low) & (points[:, 2] < limit)]
    seats = []
    count = 1 if kind not in ("sofa", "bench") else max(1, int((size[1] - 0.25) / 0.62))
    span = size[1] - (0.45 if kind == "sofa" else 0.1)
    for k in range(count):
        y = (k + 0.5) / count * span - span / 2
        near = usable[np.abs(usable[:, 1] - y) < 0.12]
        near = near[np.abs(near[:, 0]) < 0.3 * size[0] + 0.02]
        if len(near) == 0:
            continue
        height = float(np.percentile(near[:, 2], 80))
        top = near[np.abs(near[:, 2] - height) < 0.06]
        x = float(np.clip(np.median(top[:, 0]), -0.3 * size[0], 0.3 * size[0]))
        seats.append((x, float(y), 0.0, height))
    return seats


def text(value):
    data = value.encode()
    return struct.pack("<B", len(data)) + data


def pack_model(name, kind, target, entry, folder):
    path = os.path.join(folder, name)
    check_licence(path)
    vertices, triangles, owners, names = read_obj(os.path.join(path, name + ".obj"))
    materials = read_materials(os.path.join(path, name + ".mtl"))
    if entry["rotation"]:
        vertices = vertices @ np.array([float(word) for word in entry["rotation"].split()]).reshape(3, 3).T
    used = vertices[np.unique(triangles)]
    low, high = used.min(0), used.max(0)
    # The catalogue's size: width along x, height along y, depth along z.
    size = np.array([entry["size"][0], entry["size"][2], entry["size"][1]])
    vertices = (vertices - (low + high) / 2) / np.maximum(high - low, 1e-9) * size
    vertices = np.stack([vertices[:, 0], -vertices[:, 2], vertices[:, 1] + size[1] / 2], axis=1)
    quarter = front_turns(kind, vertices, triangles)
    vertices = turn(vertices, quarter)
    seats = find_seats(kind, vertices, triangles)

    total_area = area(vertices, triangles)
    pieces = []
    merged = {}
    for owner, material in enumerate(names):
        materials.setdefault(material, ("plain", np.full(3, 0.6), 0.2))
        merged.setdefault(materials[material][:1] + (tuple(np.round(materials[material][1] * 255).astype(int)),
                                                     int(materials[material][2] * 255)), []).append(owner)
    for (surface, colour, gloss), group in sorted(merged.items(), key=lambda item: item[1][0]):
        chosen = np.isin(owners, group)
        # Large surfaces and fine detail both ask for triangles: the share is the mean of both.
        share = 0.5 * total_area[chosen].sum() / total_area.sum() + 0.5 * chosen.sum() / len(owners)
        points, faces = reduce_piece(vertices, triangles[chosen], max(16, int(target * share)), len(pieces))
        if len(faces) == 0 or total_area[chosen].sum() < 2e-4 * total_area.sum():
            continue
        pieces.append((surface, colour, gloss, points, faces))
    everything = np.concatenate([piece[3] for piece in pieces])
    low, high = everything.min(0), everything.max(0)
    size = high - low
    out = text(name) + text(kind) + struct.pack("<4f", *size, entry["elevation"])
    out += struct.pack("<B", len(seats))
    offset = np.array([(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, low[2]])
    for x, y, yaw, height in seats:
        out += struct.pack("<4f", x - offset[0], y - offset[1], yaw, height)
    out += struct.pack("<B", len(pieces))
    count = 0
    for surface, colour, gloss, points, faces in pieces:
        scaled = np.round((points - low) / np.maximum(size, 1e-9) * 65535).astype("<u2")
        out += struct.pack("<B3BBHH", SURFACES.index(surface), *colour, gloss, len(points), len(faces))
        out += scaled.tobytes() + faces.astype("<u2").tobytes()
        count += len(faces)
    seat_text = " ".join(f"({s[0]:.2f},{s[1]:.2f},h{s[3]:.2f})" for s in seats)
    print(f"{name:26s} {kind:13s} {len(triangles):6d} -> {count:5d} triangles, {len(pieces)} pieces "
          f"{size[0]:.2f}x{size[1]:.2f}x{size[2]:.2f} turn {quarter} {seat_text}")
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pack", help="BlendSwap-CC-0.sh3f")
    parser.add_argument("out", help="furniture.bin")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(args.pack) as archive:
            archive.extractall(folder)
        if "Creative Commons Zero" not in open(os.path.join(folder, "LICENSE.TXT")).read():
            sys.exit(f"{args.pack}: its LICENSE.TXT does not say Creative Commons Zero.")
        catalogue = read_catalogue(folder)
        body = struct.pack("<I", len(MODELS))
        for name, (kind, target) in sorted(MODELS.items()):
            body += pack_model(name, kind, target, catalogue[name], os.path.join(folder, "blendswap-cc-0"))
    data = b"TENJOFRN" + struct.pack("<II", VERSION, zlib.crc32(body)) + body
    part = args.out + ".part"
    with open(part, "wb") as file:
        file.write(packed(data))
    os.replace(part, args.out)
    print(f"{args.out}: {len(MODELS)} models, {len(data) / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
