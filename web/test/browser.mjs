// What the tests in a browser share.
import assert from "node:assert/strict";
import { chromium } from "playwright-core";

export const PATIENCE_MS = 60_000; // machines under test are slow at times

/** Runs a test on a page of its own; anything the page complains of fails it, but what `expected` says. */
export async function browse(test, { expected = [], ...options } = {}) {
  const [url, values = "{}"] = process.argv.slice(2);
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-dev-shm-usage"],
  });
  const context = await browser.newContext({
    viewport: { width: 1280, height: 820 },
    locale: "en-US",
    ...options,
  });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    const text = `${message.text()} ${message.location().url}`;
    if (message.type() === "error" && !expected.some((one) => one.test(text))) {
      complaints.push(text);
    }
  });
  try {
    await page.goto(url);
    await test(page, { url, ...JSON.parse(values) });
    assert.deepEqual(complaints, []);
  } catch (error) {
    console.error(complaints.join("\n"));
    if (process.env.TENJO_SHOTS)
      await page.screenshot({ path: `${process.env.TENJO_SHOTS}/failed.png` });
    throw error;
  } finally {
    await browser.close();
  }
}

export async function goTo(page, hash) {
  await page.evaluate((to) => {
    location.hash = to;
  }, hash);
}

/** Clicks points of a stage that are given in the picture's pixels. */
export async function clickPoints(page, points, [width, height]) {
  const box = await page.locator(".stage .scene").boundingBox();
  for (const [x, y] of points) {
    await page.mouse.click(box.x + (x / width) * box.width, box.y + (y / height) * box.height);
  }
}

export async function shot(page, name) {
  if (process.env.TENJO_SHOTS)
    await page.screenshot({ path: `${process.env.TENJO_SHOTS}/${name}.png` });
}
