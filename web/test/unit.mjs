// Tests of the page's arithmetic and of its draft, without a browser: node test/unit.mjs
import assert from "node:assert/strict";
import { test } from "node:test";
import { build } from "esbuild";

globalThis.localStorage = { getItem: () => "en", setItem: () => {} };

async function load(entry) {
  const { outputFiles } = await build({
    entryPoints: [new URL(`../src/${entry}.ts`, import.meta.url).pathname],
    bundle: true,
    format: "esm",
    write: false,
  });
  return import(
    `data:text/javascript;base64,${Buffer.from(outputFiles[0].text).toString("base64")}`
  );
}

function random(seed) {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

test("a homography takes floor points where a camera sees them", async () => {
  const { homography, project, sideOf, turnOf } = await load("homography");
  const next = random(1);
  for (let round = 0; round < 200; ++round) {
    // A pinhole camera above the floor, tilted about the picture's x axis.
    const [height, tilt, focal] = [2 + 2 * next(), 0.9 * next(), 300 + 400 * next()];
    const see = ([x, y]) => {
      const depth = height * Math.cos(tilt) + y * Math.sin(tilt);
      const up = y * Math.cos(tilt) - height * Math.sin(tilt);
      return [320 + (focal * x) / depth, 240 - (focal * up) / depth];
    };
    const floor = [
      [-1, -1],
      [1, -1],
      [1.2, 1.1],
      [-0.9, 1],
    ];
    const map = homography(floor, floor.map(see));
    const point = [2 * next() - 1, 2 * next() - 1];
    const [u, v] = project(map, point, sideOf(map, floor[0]));
    const [eu, ev] = see(point);
    assert.ok(Math.hypot(u - eu, v - ev) < 1e-6);
    // What is counterclockwise from above (y up) is so in the picture, whose y points down.
    assert.equal(turnOf(floor.map(see)), -1);
  }
  assert.equal(
    homography(
      [
        [0, 0],
        [1, 1],
        [2, 2],
        [3, 3],
      ],
      [
        [0, 0],
        [1, 0],
        [1, 1],
        [0, 1],
      ],
    ),
    null,
  );
  assert.equal(
    turnOf([
      [0, 0],
      [1, 1],
      [1, 0],
      [0, 1],
    ]),
    0,
  );
});

test("hours are laid into hours and days by the local calendar", async () => {
  process.env.TZ = "Asia/Tokyo";
  const { bucketTimes, intoBuckets, together, HOUR_S, DAY_S } = await load("hours");
  const range = {
    from: new Date("2026-05-01T00:00+09:00"),
    to: new Date("2026-05-03T05:30+09:00"),
  };
  const hours = bucketTimes(range, HOUR_S);
  assert.equal(hours.length, 24 + 24 + 6);
  assert.equal(hours[0], Date.parse("2026-04-30T15:00Z") / 1000);
  const days = bucketTimes(range, DAY_S);
  assert.deepEqual(
    days.map((s) => new Date(s * 1000).toISOString()),
    ["2026-04-30T15:00:00.000Z", "2026-05-01T15:00:00.000Z", "2026-05-02T15:00:00.000Z"],
  );
  const hour = (at, visits, stay) => ({
    hour: at,
    visits,
    reaches: 1,
    dwell_mean_s: stay,
    dwell_max_s: stay,
    occupancy_mean: visits / 10,
    occupancy_max: visits,
    crossed: { in: 1, out: 2 },
  });
  const some = [
    hour("2026-05-01T14:00:00Z", 4, 10),
    hour("2026-05-01T13:00:00Z", 1, 60),
    hour("2026-05-01T15:00:00Z", 2, null),
  ];
  const buckets = intoBuckets(some, days);
  assert.equal(buckets[0].visits, 5);
  assert.equal(buckets[0].dwell_mean_s, 20); // four of 10 s, one of 60 s
  assert.equal(buckets[0].occupancy_max, 4);
  assert.deepEqual(buckets[0].crossed, { in: 2, out: 4 });
  assert.equal(buckets[1].dwell_mean_s, null);
  assert.equal(buckets[2], null);
  assert.equal(together(some).visits, 7);
});

test("planes turn points back and forth", async () => {
  const { extentOf, floorPlane, picturePlane } = await load("plane");
  const floor = floorPlane(
    extentOf([
      [-1.3, 0.2],
      [4.6, 3.1],
    ]),
  );
  const next = random(2);
  for (let round = 0; round < 100; ++round) {
    const point = [Math.round(500 * next() - 100) / 100, Math.round(300 * next()) / 100];
    assert.deepEqual(floor.toWorld(floor.toView(point)), point);
  }
  assert.ok(floor.toView([0, 1])[1] > floor.toView([0, 2])[1]); // y is up on the floor
  assert.deepEqual(picturePlane(640, 480).toWorld([639.9, -3]), [639, 0]);
  assert.deepEqual(picturePlane(0, 0).toView([3, 4]), [3, 4]);
});

test("a draft goes back and forth, and knows what is not saved", async () => {
  const { Draft, faultOf } = await load("editor/draft");
  const place = {
    camera: "door",
    name: "till",
    kind: "zone",
    units: "pixels",
    points: [
      [0, 0],
      [9, 0],
      [9, 9],
    ],
  };
  const draft = new Draft();
  draft.load([place]);
  assert.equal(draft.dirty, false);
  draft.add("door", "pixels", "zone", [
    [1, 1],
    [2, 1],
    [2, 2],
  ]);
  assert.equal(draft.chosen.name, "zone1");
  draft.remember();
  draft.change(draft.chosen.uid, { name: "till" });
  assert.match(faultOf(draft.chosen, draft.places), /two places/);
  draft.undo();
  assert.equal(draft.places[1].name, "zone1");
  draft.undo();
  assert.deepEqual(draft.plain(), [place]);
  assert.equal(draft.dirty, false);
  draft.redo();
  draft.redo();
  assert.equal(draft.places[1].name, "till");
  assert.equal(draft.canRedo, false);
  draft.remove(draft.places[0].uid);
  draft.undo();
  assert.equal(draft.places.length, 2);
});
