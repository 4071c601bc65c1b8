// Who may look and who may edit. Run by tests/page_test.py.
import assert from "node:assert/strict";
import { browse, goTo, shot } from "./browser.mjs";

async function logIn(page, user, password) {
  await page.fill("#user", user);
  await page.fill("#password", password);
  await page.click(".button.primary");
}

await browse(
  async (page, { viewer, editor }) => {
    await page.locator(".login form").waitFor();
    await logIn(page, viewer.name, "wrong");
    await page.locator(".login .why", { hasText: "wrong" }).waitFor();
    await shot(page, "login-wrong");
    await page.waitForTimeout(1500); // the next try is slowed down
    await logIn(page, viewer.name, viewer.password);
    await page.locator(".camera-card").waitFor();
    await goTo(page, "#/places/door");
    await page.locator(".pick button", { hasText: "entrance" }).click();
    await page.locator(".edit .chosen").waitFor();
    assert.equal(await page.locator(".adder, .handle, .place-form, .button.primary").count(), 0);
    await goTo(page, "#/calibrate/door");
    await page.locator(".empty").waitFor();
    await page.locator(".whoami button").click();
    await page.locator(".login form").waitFor();

    await logIn(page, editor.name, editor.password);
    await page.locator(".calibrate-figures").waitFor(); // back where one was, which an editor may
    await goTo(page, "#/places/door");
    await page.locator(".adder.zone").waitFor();
    await page.reload(); // the cookie keeps who it is
    await page.locator(".adder.zone").waitFor();
    assert.equal(await page.evaluate(() => document.cookie), ""); // and no script can read it
  },
  { expected: [/401/, /429/] },
);
