// A made-up service for `npm run dev`: two cameras, walkers, a day of history. Never part of the built page.

const SITE = "cafe";
const SIZE = [768, 432];
const started = Date.now();
let etag = 1;
let login = process.env.TENJO_MOCK_LOGIN === "1";
const needLogin = login;
const role = process.env.TENJO_MOCK_ROLE ?? "editor";

// Corners on the floor (or at a height) as the cameras see them.
const seen = (...corners) => corners.map(([x, y, up = 0]) => project([x, y, up]).map(Math.round));

let places = [
  {
    camera: "door",
    name: "entrance",
    kind: "line",
    units: "pixels",
    points: seen([1.1, 4.1], [1.1, 1]),
    point: "middle",
    settle: 0.3,
    margin: 5,
    directions: ["in", "out"],
  },
  {
    camera: "door",
    name: "till",
    kind: "zone",
    units: "pixels",
    points: seen([4.6, 1.5], [6.5, 1.5], [6.3, 3.5], [4.4, 3.5]),
    point: "feet",
    settle: 0.3,
    margin: 5,
    dwell: 30,
  },
  {
    camera: "door",
    name: "window",
    kind: "zone",
    units: "pixels",
    points: seen([1.7, 0.2], [3.6, 0.2], [3.6, 1.7], [1.7, 1.7]),
    point: "feet",
    settle: 0.3,
    margin: 5,
  },
  {
    camera: "shelves",
    name: "sandwiches",
    kind: "shelf",
    units: "pixels",
    points: seen([0, 0, 1.5], [2.9, 0, 1.5], [2.9, 0, 0.8], [0, 0, 0.8]),
    settle: 0.2,
    margin: 2.5,
  },
  {
    camera: "shelves",
    name: "drinks",
    kind: "shelf",
    units: "pixels",
    points: seen([4.1, 0, 1.5], [7, 0, 1.5], [7, 0, 0.8], [4.1, 0, 0.8]),
    settle: 0.2,
    margin: 2.5,
  },
  {
    camera: "shelves",
    name: "table",
    kind: "zone",
    units: "metres",
    points: [
      [1, 1],
      [3, 1],
      [3, 2.6],
      [1, 2.6],
    ],
    point: "feet",
    settle: 0.3,
    margin: 0.1,
    dwell: 60,
  },
  {
    camera: "shelves",
    name: "counter",
    kind: "zone",
    units: "metres",
    points: [
      [4.5, 0.5],
      [6.5, 0.5],
      [6.5, 3.5],
      [4.5, 3.5],
    ],
    point: "feet",
    settle: 0.3,
    margin: 0.1,
  },
];

// Walkers go round through a few spots of the floor (7 m x 4.5 m), at their own pace.
const ROUTES = [
  [
    [0, 2],
    [1.5, 1.2],
    [2.4, 0.6],
    [5, 2],
    [5.5, 3],
    [3, 3.6],
    [0.2, 2.6],
  ],
  [
    [6.8, 4],
    [5.6, 2.2],
    [5.4, 1.2],
    [3.6, 0.5],
    [2, 1.6],
    [1.2, 3.4],
    [4, 4],
  ],
  [
    [3, 4.4],
    [2.2, 2.2],
    [1.6, 1.6],
    [2.6, 0.5],
    [5.8, 0.6],
    [6.2, 3.4],
  ],
];
const length = (r) =>
  r.reduce(
    (s, p, i) => s + Math.hypot(p[0] - r[(i + 1) % r.length][0], p[1] - r[(i + 1) % r.length][1]),
    0,
  );

function walker(index, t) {
  const route = ROUTES[index % ROUTES.length];
  let s = (t * (0.55 + 0.12 * index) + index * 5) % length(route);
  for (let i = 0; i < route.length; ++i) {
    const a = route[i];
    const b = route[(i + 1) % route.length];
    const d = Math.hypot(b[0] - a[0], b[1] - a[1]);
    if (s <= d)
      return {
        x: a[0] + ((b[0] - a[0]) * s) / d,
        y: a[1] + ((b[1] - a[1]) * s) / d,
        heading: Math.atan2(b[1] - a[1], b[0] - a[0]),
      };
    s -= d;
  }
  return { x: route[0][0], y: route[0][1], heading: 0 };
}

// A figure of sticks in metres, seen by a camera at 3.2 m that looks down a room.
function body({ x, y, heading }, t, reach) {
  const swing = Math.sin(t * 6) * 0.28;
  const f = [Math.cos(heading), Math.sin(heading)];
  const l = [-f[1], f[0]];
  const at = (forward, left, up) => [
    x + f[0] * forward + l[0] * left,
    y + f[1] * forward + l[1] * left,
    up,
  ];
  const hand = reach ? 0.55 : -swing * 0.9;
  return [
    at(0.1, 0, 1.6),
    at(0.08, 0.04, 1.64),
    at(0.08, -0.04, 1.64),
    at(0, 0.08, 1.62),
    at(0, -0.08, 1.62),
    at(0, 0.2, 1.42),
    at(0, -0.2, 1.42),
    at(-swing * 0.5, 0.27, 1.15),
    at(reach ? 0.3 : swing * 0.5, -0.27, 1.2),
    at(-swing, 0.27, 0.95),
    at(reach ? hand : swing, -0.25, reach ? 1.3 : 0.95),
    at(0, 0.12, 0.92),
    at(0, -0.12, 0.92),
    at(swing * 0.6, 0.12, 0.5),
    at(-swing * 0.6, -0.12, 0.5),
    at(swing, 0.12, 0.06),
    at(-swing, -0.12, 0.06),
  ];
}

function project(p) {
  const [cx, cy, cz] = [3.5, 8.5, 3.3];
  const pitch = 0.42;
  const dx = p[0] - cx;
  const dy = cy - p[1];
  const dz = cz - p[2];
  const depth = dy * Math.cos(pitch) + dz * Math.sin(pitch);
  const down = dz * Math.cos(pitch) - dy * Math.sin(pitch);
  const focal = 610;
  return [384 + (focal * dx) / depth, 216 + (focal * down) / depth];
}

function people(camera, now) {
  const t = (now - started) / 1000 + (camera === "shelves" ? 40 : 0);
  const round = (v) => Math.round(v * 10) / 10;
  return (camera === "door" ? [0, 1, 2] : [1, 2]).map((index) => {
    const w = walker(index, t);
    const keypoints = body(w, t + index, Math.sin(t / 3 + index) > 0.7).map((p) => [
      ...project(p).map(round),
      0.9,
    ]);
    const xs = keypoints.map((k) => k[0]);
    const ys = keypoints.map((k) => k[1]);
    const box = [
      Math.min(...xs) - 6,
      Math.min(...ys) - 10,
      Math.max(...xs) - Math.min(...xs) + 12,
      Math.max(...ys) - Math.min(...ys) + 14,
    ].map(round);
    return {
      track: 17 + index * 4,
      score: 0.9,
      box,
      keypoints,
      floor: camera === "shelves" ? [w.x, 4.5 - w.y] : null,
    };
  });
}

let serial = 0;
function happening(when, rough = Math.random()) {
  const place = places[Math.floor(rough * places.length) % places.length];
  const base = {
    id: `${String(when).padStart(15, "0")}-${++serial}`,
    site: SITE,
    camera: place.camera,
    utc: new Date(when).toISOString(),
    time: (when - started) / 1000,
    frame: 1,
    track: 3 + (Math.floor(rough * 97) % 31),
    place: place.name,
  };
  const seconds = Math.round((5 + rough * 140) * 10) / 10;
  if (place.kind === "line")
    return { ...base, event: "crossed", direction: place.directions[serial % 2] };
  if (place.kind === "shelf")
    return {
      ...base,
      event: "reached",
      hand: serial % 3 ? "right" : "left",
      seconds: Math.round((0.6 + rough * 3) * 10) / 10,
      depth: 12.5,
    };
  const event = ["entered", "left", "dwelt"][serial % 3];
  return event === "entered"
    ? { ...base, event }
    : event === "left"
      ? { ...base, event, seconds, reason: "walked" }
      : { ...base, event, seconds: 30, ended: 0 };
}
const events = [];
for (let i = 400; i > 0; --i) events.push(happening(started - i * 47_000, (i * 0.6180339) % 1));

function hours(since, until) {
  const list = [];
  const step = 3600_000;
  for (let at = Math.floor(since / step) * step; at < until; at += step) {
    const hour = new Date(at).getHours();
    const busy = Math.max(
      0,
      Math.exp(-(((hour - 12.3) / 1.7) ** 2)) +
        0.7 * Math.exp(-(((hour - 8.2) / 1.3) ** 2)) +
        0.55 * Math.exp(-(((hour - 17.5) / 2) ** 2)),
    );
    if (busy < 0.02) continue;
    places.forEach((place, i) => {
      const noise = 0.8 + 0.4 * Math.abs(Math.sin(at / 1e7 + i * 2.1));
      const n = busy * noise;
      const zone = place.kind === "zone";
      list.push({
        hour: new Date(at).toISOString().replace(".000", ""),
        camera: place.camera,
        place: place.name,
        kind: place.kind,
        visits: zone ? Math.round(n * (70 - i * 9)) : 0,
        reaches: place.kind === "shelf" ? Math.round(n * (44 - i * 4)) : 0,
        dwell_mean_s: zone ? 40 + 60 * noise + i * 22 : null,
        dwell_max_s: zone ? 300 : null,
        occupancy_mean: zone ? n * (3.4 - 0.4 * i) : null,
        occupancy_max: zone ? Math.ceil(n * (7 - 0.6 * i)) : 0,
        crossed:
          place.kind === "line"
            ? { in: Math.round(n * 96), out: Math.round(n * 91) }
            : { in: 0, out: 0 },
      });
    });
  }
  return { hours: list };
}

function heat() {
  const cells = new Map();
  for (let index = 0; index < 3; ++index) {
    for (let t = 0; t < 900; t += 0.4) {
      const w = walker(index, t);
      const wobble = Math.sin(t * 3 + index) * 0.35;
      const key = [
        Math.floor((w.x + wobble) / 0.25),
        Math.floor((4.5 - w.y + Math.cos(t * 2.2) * 0.3) / 0.25),
      ].join();
      cells.set(
        key,
        (cells.get(key) ?? 0) + 0.4 + (Math.hypot(w.x - 5.5, w.y - 2.4) < 0.9 ? 2.5 : 0),
      );
    }
  }
  return { cell_m: 0.25, cells: [...cells].map(([key, s]) => [...key.split(",").map(Number), s]) };
}

function paths() {
  return {
    paths: [0, 1, 2].map((index) => ({
      camera: "shelves",
      track: 40 + index,
      points: Array.from({ length: 60 }, (_, i) => {
        const w = walker(index, i * 0.6);
        return [i * 0.6, w.x + 0.2 * Math.sin(i / 3), 4.5 - w.y];
      }),
    })),
  };
}

function camera(name, now) {
  const mine = places.filter((p) => p.camera === name);
  const age = Math.floor((now - started) / 1000);
  return {
    name,
    online: true,
    problem: null,
    fps: 9.8,
    frames: 81230 + age * 10,
    dropped: 12,
    skipped: 81000,
    reconnects: 1,
    events: 944 + events.length,
    latency_p50: 0.061,
    latency_p95: 0.094,
    width: SIZE[0],
    height: SIZE[1],
    calibrated: name === "shelves",
    picture: false,
    anonymized: true,
    people: people(name, now).length,
    places: Object.fromEntries(
      mine.map((p, i) => [
        p.name,
        p.kind === "line"
          ? { forward: 214, backward: 209 }
          : p.kind === "shelf"
            ? { inside: (age + i) % 7 === 0 ? 1 : 0, reached: 88 + i * 31 }
            : { inside: (i + Math.floor(age / 4)) % 3, entered: 146 - i * 20, left: 144 - i * 20 },
      ]),
    ),
  };
}

function state(now) {
  return {
    site: SITE,
    version: "0.1.0",
    healthy: true,
    uptime: 187233 + (now - started) / 1000,
    ready: true,
    backend: "OpenVINO, CPU, 2 requests",
    config_problem: null,
    outbox_problem: null,
    waiting_in_memory: 0,
    stages: { prepare: 820, infer: 14200, decode: 1400, analyze: 310, publish: 290 },
    cameras: [camera("door", now), camera("shelves", now)],
    sinks: [
      {
        name: "sqlite",
        ok: true,
        problem: null,
        waiting: 0,
        delivered: 18233,
        failures: 0,
        lost: 0,
      },
      {
        name: "mqtt",
        ok: process.env.TENJO_MOCK_ILL !== "1",
        problem:
          process.env.TENJO_MOCK_ILL === "1"
            ? "the broker at mqtts://broker.example:8883 does not answer"
            : null,
        waiting: 3,
        delivered: 18230,
        failures: 2,
        lost: 0,
      },
    ],
  };
}

function stream(response) {
  response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
  const seen = setInterval(() => {
    const now = Date.now();
    for (const name of ["door", "shelves"]) {
      const frame = {
        camera: name,
        utc: new Date(now).toISOString(),
        time: (now - started) / 1000,
        frame: 1,
        width: SIZE[0],
        height: SIZE[1],
        people: people(name, now),
      };
      response.write(`event: people\ndata: ${JSON.stringify(frame)}\n\n`);
    }
  }, 100);
  const happened = setInterval(() => {
    const event = happening(Date.now());
    events.push(event);
    response.write(`data: ${JSON.stringify(event)}\n\n`);
  }, 2500);
  response.on("close", () => {
    clearInterval(seen);
    clearInterval(happened);
  });
}

const session = () => ({
  login: needLogin,
  user: needLogin && !login ? "hana" : null,
  role: needLogin && login ? null : role,
  csrf: "made-up",
  name: SITE,
  version: "0.1.0",
});

function select(query) {
  const is = (name) => (event) => !query.get(name) || String(event[name]) === query.get(name);
  let found = events
    .filter(is("camera"))
    .filter(is("place"))
    .filter(is("event"))
    .filter(is("track"));
  if (query.get("since")) found = found.filter((e) => e.utc >= query.get("since"));
  if (query.get("until")) found = found.filter((e) => e.utc < query.get("until"));
  if (query.get("order") === "newest") found = [...found].reverse();
  const after = found.findIndex((e) => e.id === query.get("after"));
  return found.slice(after + 1, after + 1 + Number(query.get("limit") ?? 1000));
}

async function answer(request, response, next) {
  const url = new URL(request.url, "http://localhost");
  if (!url.pathname.startsWith("/api/")) return next();
  const json = (value, headers = {}, status = 200) => {
    response.writeHead(status, { "Content-Type": "application/json", ...headers });
    response.end(JSON.stringify(value));
  };
  let text = "";
  for await (const chunk of request) text += chunk;
  const body = text ? JSON.parse(text) : null;
  const q = url.searchParams;
  const path = url.pathname.slice("/api/v1/".length);
  const since = Date.parse(q.get("since") ?? 0);
  const until = Date.parse(q.get("until") ?? new Date().toISOString());
  if (path === "session") return json(session());
  if (path === "login") {
    if (body.password !== "secret") return json({ error: "user or password is wrong" }, {}, 401);
    login = false;
    return json(session());
  }
  if (path === "logout") {
    login = true;
    response.writeHead(204).end();
    return;
  }
  if (path === "state") return json(state(Date.now()));
  if (path === "places" && request.method === "PUT") {
    if (request.headers["if-match"] !== `"${etag}"`)
      return json({ error: "the places were changed meanwhile" }, {}, 412);
    const bad = body.places
      .filter((p) => p.name.includes("/"))
      .map((p) => ({ camera: p.camera, place: p.name, message: "a name has no /" }));
    if (bad.length) return json({ error: "the places cannot be saved", problems: bad }, {}, 422);
    places = body.places;
    ++etag;
  }
  if (path === "places") return json(places, { ETag: `"${etag}"` });
  if (path === "outlines") return json([]);
  if (path === "events") return json(select(q));
  if (path === "hours") return json(hours(since, until));
  if (path === "heat") return json(heat());
  if (path === "paths") return json(paths());
  if (path === "stream") return stream(response);
  if (path.endsWith("/calibration"))
    return json({ file: "door.json", height: 3.21, tilt: 34.2, error_px: 0.4 });
  if (path === "reload")
    return json(
      {
        error: "cafe.toml is wrong",
        problems: [{ line: 12, message: "cafe.toml:12: fps must be above 0" }],
      },
      {},
      422,
    );
  return json({ error: "there is nothing at this address" }, {}, 404);
}

export function mock() {
  return { name: "tenjo-mock", configureServer: (server) => void server.middlewares.use(answer) };
}
