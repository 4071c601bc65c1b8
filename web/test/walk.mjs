// A person walks by; a zone is drawn and counts; the camera is calibrated. Run by tests/page_test.py.
import assert from "node:assert/strict";
import { browse, clickPoints, goTo, shot } from "./browser.mjs";

const SIZE = [320, 256];

await browse(async (page, { url }) => {
  // The person and the event show.
  await page.locator(".camera-card .count", { hasText: "1 person" }).waitFor();
  await page.locator(".ticker li", { hasText: "crossed entrance: in" }).first().waitFor();
  await shot(page, "walk-live");

  // A zone is drawn with the mouse and saved.
  await goTo(page, "#/places/door");
  await page.locator(".pick button", { hasText: "entrance" }).waitFor();
  await page.click(".adder.zone");
  await clickPoints(
    page,
    [
      [90, 40],
      [230, 40],
      [230, 250],
      [90, 250],
      [90, 40],
    ],
    SIZE,
  );
  await page.fill("#place-name", "queue");
  await page.selectOption(".place-form select", "middle");
  await page.click(".button.primary");
  await page.locator(".notice", { hasText: "Saved" }).waitFor();
  await shot(page, "walk-places");

  // It counts.
  await goTo(page, "#/live/door");
  await page
    .locator(".place-list li", { hasText: "queue" })
    .filter({ hasText: /[1-9]\d* visit/ })
    .waitFor();
  await page.locator(".choice button", { hasText: "Picture" }).click();
  await page.waitForFunction(() => document.querySelector(".scene img").naturalWidth === 320);
  await shot(page, "walk-camera");

  // The list, its filter, and CSV.
  await goTo(page, "#/events");
  await page.selectOption("#f-place", "queue");
  await page.selectOption("#f-event", "entered");
  await page.locator("tr", { hasText: "entered queue" }).first().waitFor();
  assert.equal(await page.locator("tr", { hasText: "crossed" }).count(), 0);
  const csv = await page.evaluate(async () =>
    (await fetch(document.querySelector("a[download]").href)).text(),
  );
  assert.match(csv, /^id,site,camera,event,utc.*\r\n.*,entered,.*,queue,/);

  // By keyboard alone: a line.
  await goTo(page, "#/places/door");
  await page.locator(".pick button", { hasText: "entrance" }).waitFor(); // what is there has come
  await page.locator(".adder.line").focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Space");
  for (let i = 0; i < 5; ++i) await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Space");
  await page.locator("#direction-0").waitFor();
  await page.keyboard.press("Control+z");
  await page.locator("#direction-0").waitFor({ state: "detached" });

  // Four floor points, and the floor has people.
  await goTo(page, "#/calibrate/door");
  await page.locator(".calibrate-figures input").first().waitFor();
  await clickPoints(
    page,
    [
      [100, 60],
      [220, 60],
      [280, 220],
      [40, 220],
    ],
    SIZE,
  );
  await page.locator(".floor-grid").waitFor();
  await page.click(".button.primary");
  await page.locator(".well", { hasText: "high" }).waitFor();
  await goTo(page, "#/floor");
  await page.locator(".bar strong", { hasText: "1 person" }).waitFor();
  await shot(page, "walk-floor");

  await goTo(page, "#/charts");
  await page.locator(".chart canvas").first().waitFor();
  // Visits are counted when a minute is over; stays at once.
  await page.locator(".chart-card", { hasText: "Length of stay" }).locator("summary").click();
  await page
    .locator("details[open] td", { hasText: /^\d.* s$/ })
    .first()
    .waitFor();
  await goTo(page, "#/health");
  await page.locator("h3", { hasText: "sqlite" }).waitFor();
  await page.click("text=Read the configuration again");
  await page.locator(".notice", { hasText: "read again" }).waitFor();

  // Japanese, dark, on a phone: nothing is wider than the window.
  await page.click(".text-button");
  await page.locator("h1", { hasText: "稼働状況" }).waitFor();
  assert.equal(await page.getAttribute("html", "lang"), "ja");
  await page.emulateMedia({ colorScheme: "dark" });
  await page.setViewportSize({ width: 360, height: 720 });
  for (const view of [
    "live",
    "live/door",
    "floor",
    "charts",
    "events",
    "places",
    "calibrate/door",
    "health",
  ]) {
    await goTo(page, `#/${view}`);
    await page.waitForTimeout(150);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= 360, `${view} is ${wide} pixels wide`);
  }
  await shot(page, "walk-phone");

  // All came from the service itself.
  const foreign = await page.evaluate(
    (origin) =>
      performance
        .getEntriesByType("resource")
        .map((one) => one.name)
        .filter((name) => !name.startsWith(origin)),
    url,
  );
  assert.deepEqual(foreign, []);
});
