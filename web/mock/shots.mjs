// Pictures of every view, of the made-up people or of a running service: node mock/shots.mjs [URL] [FOLDER] [view…]
// The README's show assets/demo/cafe.toml at a quarter of its speed, with a clock that went on by an hour every 80 s.
import { mkdirSync } from "node:fs";
import { chromium } from "playwright-core";

const [url = "http://localhost:5173", folder = "shots", ...only] = process.argv.slice(2);
const CAMERA = process.env.CAMERA ?? "door";
const VIEWS = {
  live: "#/live",
  camera: `#/live/${CAMERA}`,
  floor: "#/floor",
  charts: "#/charts",
  events: "#/events",
  places: `#/places/${CAMERA}`,
  calibrate: `#/calibrate/${CAMERA}`,
  health: "#/health",
};
const KINDS = [
  { name: "wide-light", size: { width: 1360, height: 850 }, theme: "light", language: "en" },
  { name: "wide-dark-ja", size: { width: 1360, height: 850 }, theme: "dark", language: "ja" },
  { name: "phone-light-ja", size: { width: 390, height: 844 }, theme: "light", language: "ja" },
  { name: "phone-dark", size: { width: 390, height: 844 }, theme: "dark", language: "en" },
];

mkdirSync(folder, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
for (const kind of KINDS) {
  if (process.env.KIND && !kind.name.includes(process.env.KIND)) continue;
  const context = await browser.newContext({
    viewport: kind.size,
    colorScheme: kind.theme,
    hasTouch: kind.name.startsWith("phone"),
  });
  await context.addInitScript(
    (language) => localStorage.setItem("tenjo.language", language),
    kind.language,
  );
  const page = await context.newPage();
  page.on(
    "console",
    (message) => message.type() === "error" && console.log(kind.name, message.text()),
  );
  page.on("pageerror", (error) => console.log(kind.name, String(error)));
  await page.goto(url);
  await page.waitForSelector("#content");
  for (const [name, hash] of Object.entries(VIEWS)) {
    if (only.length && !only.includes(name)) continue;
    await page.evaluate((to) => {
      location.hash = to;
    }, hash);
    await page.waitForTimeout(
      name === "live" || name === "camera" || name === "floor" ? 3000 : 1200,
    );
    await page.screenshot({ path: `${folder}/${name}-${kind.name}.png` });
  }
  await context.close();
}
await browser.close();
