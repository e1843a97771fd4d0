// The Mermaid charts of `callroute graph`, drawn by Mermaid itself.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { after, before, test } from "node:test";

import { callroute, examples, folder, launch, root, screenshot, write } from "./browser.js";

const here = folder();
const library = join(fileURLToPath(new URL(".", import.meta.url)), "node_modules", "mermaid", "dist", "mermaid.min.js");
/** Opening a browser on a busy machine takes its time. */
const slow = { timeout: 120_000 };

let browser, page;
before(async () => {
  browser = await launch();
  page = await browser.newPage({ viewport: { width: 1400, height: 1200 } });
  await page.setContent("<main></main>");
  await page.addScriptTag({ path: library });
}, slow);
after(() => browser?.close());

/** Draws a chart. What its boxes say, in their order, and the script's own names for them. */
async function draw(text) {
  return page.evaluate(async (text) => {
    mermaid.initialize({ startOnLoad: false });
    const { svg } = await mermaid.render("chart", text);
    document.querySelector("main").innerHTML = svg;
    return [...document.querySelectorAll("main .node")].map((node) => node.textContent.replace(/\s+/g, " ").trim());
  }, text);
}

const charts = examples.map((name) => [name, `examples/${name}`]);
charts.push(["golden", null]);
for (const [name, script] of charts) {
  test(`${name} is a chart`, slow, async () => {
    const text = script ? callroute("graph", script, "--format", "mermaid") : readFileSync(join(root, "crates/cli/tests/golden/graph.mmd"), "utf8");
    const boxes = await draw(text);
    // As many as were said, and each says something.
    const said = text.split("\n").filter((line) => /^ +(n\d+_\d+|fallback)[[({>]/.test(line)).length;
    assert.equal(boxes.length, said);
    assert.ok(boxes.every((box) => box.length > 0), JSON.stringify(boxes));
    assert.ok(boxes.includes("A call comes in"));
    await screenshot(page, `mermaid-${name.replaceAll("/", "-")}`);
  });
}

test("what a script says is text, whatever it is", slow, async () => {
  const hostile = "</script><img src=x onerror=alert(1)> end; A --> B %% c #quot; `code` | [x] (y) \\{z\\} *bold* 日本語";
  const script = write(here, "hostile.route", `say "${hostile}"\ngo end\nflow end < voicemail "end" >\n`);
  const boxes = await draw(callroute("graph", script, "--format", "mermaid"));
  const said = boxes.find((box) => box.startsWith("Says")).replace(/\s/g, "");
  assert.ok(said.includes(hostile.replaceAll("\\", "").replace(/\s/g, "").slice(0, 60)), said);
  assert.equal(await page.locator("main img, main script").count(), 0);
});
