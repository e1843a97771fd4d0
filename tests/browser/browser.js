// A real browser, and what the command writes for it.

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

/** The project's folder. */
export const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

/** The scripts of the examples, such as `company/company.route`; what they import lies deeper. */
export const examples = readdirSync(join(root, "examples"))
  .flatMap((name) => readdirSync(join(root, "examples", name)).filter((file) => file.endsWith(".route")).map((file) => `${name}/${file}`));

/** Starts the browser, without its sandbox (which root cannot have), and with nothing that would use the network by itself. */
export function launch() {
  const args = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
  return chromium.launch({ executablePath: process.env.CHROMIUM, headless: true, chromiumSandbox: false, args });
}

/** Runs `callroute`. What it writes to standard output. */
export function callroute(...args) {
  return execFileSync(process.env.CALLROUTE, args, { cwd: root, encoding: "utf8", maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "pipe"] });
}

/** A folder that is gone when the tests are through. */
export function folder() {
  const path = mkdtempSync(join(tmpdir(), "callroute-page-"));
  process.on("exit", () => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A file in it; its path. */
export function write(folder, name, text) {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/**
 * Opens a file in a window of its own. Everything that a page must not do is noted in `faults`: errors, what the console says, and requests other than for
 * the page itself.
 */
export async function open(browser, file, { width = 1400, height = 900, dark = false, touch = false } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: dark ? "dark" : "light", hasTouch: touch, offline: true });
  const page = await context.newPage();
  const url = pathToFileURL(file).href;
  const faults = [];
  page.on("pageerror", (error) => faults.push(`error: ${error.message}`));
  page.on("console", (message) => faults.push(`console: ${message.text()}`));
  page.on("dialog", (dialog) => { faults.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on("request", (request) => { if (request.url() !== url) faults.push(`request: ${request.url()}`); });
  await page.goto(url);
  return { page, faults, close: () => context.close() };
}

/** Keeps what the page looks like, for people. */
export async function screenshot(page, name) {
  mkdirSync(process.env.SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: join(process.env.SCREENSHOTS, `${name}.png`) });
}
