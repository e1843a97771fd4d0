// The page of `callroute graph`: opened, moved, searched, read and walked with the keyboard.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { after, before, describe, test } from "node:test";

import { callroute, examples, folder, launch, open, root, screenshot, write } from "./browser.js";

const here = folder();
const company = "examples/company/company.route";
/** Opening a browser on a busy machine takes its time. */
const slow = { timeout: 120_000 };

let browser;
before(async () => { browser = await launch(); }, slow);
after(() => browser?.close());

/** Draws a page. */
function draw(name, ...args) {
  return write(here, `${name}.html`, callroute("graph", "--format", "html", ...args));
}

/** Opens a page, does something with it, and sees that it did nothing that it must not. */
async function within(file, options, work) {
  const { page, faults, close } = await open(browser, file, options);
  try {
    await work(page);
    assert.deepEqual(faults, []);
  } finally {
    await close();
  }
}

/** The window over the picture: left, top, width, height. */
const shown = (page) => page.$eval("#view svg", (svg) => svg.getAttribute("viewBox").split(" ").map(Number));
const same = (a, b) => a.forEach((number, i) => near(number, b[i], 0.01, `${a} and ${b}`));
const near = (a, b, by, what) => assert.ok(Math.abs(a - b) <= by, `${what}: ${a} is not ${b} ± ${by}`);
/** The box with this title. */
const box = (page, title) => page.locator(".node", { has: page.locator(`tspan:text-is("${title}")`) }).first();
const middle = async (locator) => {
  const { x, y, width, height } = await locator.boundingBox();
  return { x: x + width / 2, y: y + height / 2 };
};
/** The lines of the script that are marked. */
const marked = (page) => page.$$eval("aside pre .marked", (lines) => lines.map((line) => line.textContent));
const data = (page) => page.$eval("#data", (element) => JSON.parse(element.textContent));
/** The boxes that stand out as those of the chosen call. */
const onTheWay = (page) => page.$$eval(".node", (nodes) => nodes.filter((node) => getComputedStyle(node).opacity === "1").map((node) => node.dataset.node));

describe("every example", () => {
  for (const name of examples) {
    test(`${name} opens, whole, with its text inside its boxes`, slow, async () => {
      const file = draw(name.replaceAll("/", "-"), `examples/${name}`);
      await within(file, {}, async (page) => {
        assert.equal(await page.title(), `${basename(name)} – call flow`);
        assert.equal(await page.textContent("h1"), basename(name));
        assert.ok(await page.locator(".node").count() > 2);
        // In the picture's own measure; text is measured by the machine's fonts, which are not ours to choose.
        const outside = await page.$$eval(".node", (nodes) => nodes.flatMap((node) => {
          const card = node.querySelector(".card").getBBox();
          return [...node.querySelectorAll("text")].filter((text) => {
            const b = text.getBBox();
            return b.width === 0 || b.x < card.x - 4 || b.x + b.width > card.x + card.width + 4 || b.y < card.y - 2 || b.y + b.height > card.y + card.height + 2;
          }).map((text) => text.textContent);
        }));
        assert.deepEqual(outside, []);
        const { width, height } = await page.locator("#view").boundingBox();
        const area = await page.locator("#view svg .flow").first().boundingBox();
        assert.ok(area.width <= width && area.height <= height, "all of it is in the window at first");
      });
    });
  }
});

describe("the company's page", () => {
  let file;
  before(() => { file = draw("company", company); }, slow);

  test("moves under the mouse", slow, () => within(file, {}, async (page) => {
    const before = await shown(page);
    const scale = Math.min(...await page.$eval("#view", (v) => [v.clientWidth, v.clientHeight]).then(([w, h]) => [w / before[2], h / before[3]]));
    await page.mouse.move(300, 300);
    await page.mouse.down();
    await page.mouse.move(340, 330, { steps: 4 });
    await page.mouse.move(400, 360, { steps: 4 });
    await page.mouse.up();
    const after = await shown(page);
    near(before[0] - after[0], 100 / scale, 1, "how far to the right");
    near(before[1] - after[1], 60 / scale, 1, "how far down");
    same(after.slice(2), before.slice(2));
    // Let go, it stands still.
    await page.mouse.move(500, 500);
    assert.deepEqual(await shown(page), after);
    // A box that is dragged along is not chosen.
    const start = await middle(box(page, "A call comes in"));
    await page.mouse.move(start.x, start.y);
    await page.mouse.down();
    await page.mouse.move(start.x + 50, start.y + 20, { steps: 3 });
    await page.mouse.up();
    assert.equal(await page.locator("aside").isVisible(), false);
    await page.click("#fit");
    same(await shown(page), before);
  }));

  test("grows and shrinks about the mouse", slow, () => within(file, {}, async (page) => {
    const all = await shown(page);
    // What is under the mouse, in the picture's own measure.
    const under = (at) => page.$eval("#view svg", (svg, at) => { const { x, y } = new DOMPoint(at.x, at.y).matrixTransform(svg.getScreenCTM().inverse()); return [x, y]; }, at);
    const { x, y } = await middle(box(page, "A call comes in"));
    const point = { x: Math.round(x), y: Math.round(y) };
    const there = await under(point);
    await page.mouse.move(point.x, point.y);
    for (let i = 0; i < 4; i++) await page.mouse.wheel(0, -300);
    await page.waitForFunction((w) => document.querySelector("#view svg").viewBox.baseVal.width < w / 5, all[2]);
    (await under(point)).forEach((at, i) => near(at, there[i], 0.5, "what is under the mouse stays there"));
    await screenshot(page, "company-zoomed");
    // There is an end to both.
    for (let i = 0; i < 40; i++) await page.click("#in");
    const [, , least] = await shown(page);
    assert.ok(least >= 119 && least < 200, `${least}`);
    for (let i = 0; i < 40; i++) await page.click("#out");
    const [, , most] = await shown(page);
    near(most, all[2] * 3, 1, "at most so much is shown");
    await page.click("#fit");
    same(await shown(page), all);
  }));

  test("finds boxes by any word in them", slow, () => within(file, {}, async (page) => {
    const found = () => page.textContent("#found");
    await page.fill("#search", "VOICEMAIL");
    const hits = await page.$$eval(".node.hit", (nodes) => nodes.map((node) => node.textContent.toLowerCase()));
    const all = await page.$$eval(".node", (nodes) => nodes.map((node) => node.textContent.toLowerCase()));
    assert.ok(hits.length > 1 && hits.length < all.length);
    assert.deepEqual(hits, all.filter((text) => text.includes("voicemail")));
    assert.equal(await found(), `${hits.length} found`);
    const colours = await page.$eval(".node.hit .card", (card) => [getComputedStyle(card).stroke, getComputedStyle(card).strokeWidth]);
    const others = await page.$eval(".node:not(.hit) .card", (card) => [getComputedStyle(card).stroke, getComputedStyle(card).strokeWidth]);
    assert.notDeepEqual(colours, others);
    // Enter goes from one to the next, and shift with it back.
    await page.press("#search", "Enter");
    assert.equal(await found(), `1 of ${hits.length}`);
    const first = await page.$eval(".node.chosen", (node) => node.dataset.node);
    await page.press("#search", "Enter");
    assert.equal(await found(), `2 of ${hits.length}`);
    assert.notEqual(await page.$eval(".node.chosen", (node) => node.dataset.node), first);
    const chosen = await page.locator(".node.chosen").boundingBox(), view = await page.locator("#view").boundingBox();
    near(chosen.x + chosen.width / 2, view.x + view.width / 2, 5, "what was found is in the middle, across");
    near(chosen.y + chosen.height / 2, view.y + view.height / 2, 5, "what was found is in the middle, down");
    assert.ok((await marked(page)).join("\n").includes("voicemail"));
    await screenshot(page, "company-found");
    await page.press("#search", "Shift+Enter");
    assert.equal(await page.$eval(".node.chosen", (node) => node.dataset.node), first);
    await page.fill("#search", "there is no such thing");
    assert.equal(await found(), "0 found");
    await page.press("#search", "Escape");
    assert.equal(await found(), "");
    assert.equal(await page.locator(".node.hit").count(), 0);
    assert.equal(await page.inputValue("#search"), "");
  }));

  test("shows the source of a box that is clicked", slow, () => within(file, {}, async (page) => {
    const source = readFileSync(join(root, company), "utf8");
    const known = await data(page);
    assert.equal(known.files[0].text, source);
    const places = Object.entries(known.nodes);
    assert.ok(places.length > 20);
    for (const [id, { file, first, last }] of places.slice(0, 12)) {
      await page.locator(`[data-node="${id}"]`).click();
      const lines = known.files[file].text.split("\n").slice(first, last + 1);
      assert.deepEqual(await marked(page), lines, id);
      assert.equal(await page.textContent("#file"), known.files[file].path);
      assert.equal(await page.$$eval("pre span", (all) => all.length), known.files[file].text.split("\n").length);
      assert.equal(await page.locator(".node.chosen").count(), 1);
      const line = await page.locator("pre .marked").first().boundingBox(), pre = await page.locator("pre").boundingBox();
      assert.ok(line.y >= pre.y && line.y < pre.y + pre.height, "the marked line is in the window");
      await page.click("#fit");
    }
    await screenshot(page, "company-source");
    await page.click("#close");
    assert.equal(await page.locator("aside").isVisible(), false);
  }));

  test("goes to the flow that a box jumps to", slow, () => within(file, {}, async (page) => {
    const jump = page.locator(".node[data-jump]").first();
    const to = await jump.getAttribute("data-jump");
    const before = await shown(page);
    await jump.click();
    assert.notDeepEqual(await shown(page), before);
    const flow = await middle(page.locator(`#flow-${to}`)), view = await middle(page.locator("#view"));
    near(flow.x, view.x, 5, "across");
    near(flow.y, view.y, 5, "down");
  }));

  test("shows the way of each of the script's tests", slow, () => within(file, {}, async (page) => {
    const { calls } = await data(page);
    assert.equal(calls.chosen, null);
    assert.equal(calls.left_out, 0);
    assert.ok(calls.tests.length > 8);
    const options = await page.$$eval("#call option", (options) => options.map((option) => option.textContent));
    assert.deepEqual(options, ["none", ...calls.tests.map((call) => call.name)]);
    const everything = await onTheWay(page);
    for (const [index, call] of calls.tests.entries()) {
      await page.selectOption("#call", { index: index + 1 });
      assert.deepEqual(await onTheWay(page), everything.filter((id) => call.nodes.includes(id)), call.name);
      assert.ok(call.nodes.includes("0-0") && call.nodes.length < everything.length, call.name);
      const arrows = await page.$$eval(".arrow.way", (arrows) => arrows.map((arrow) => [arrow.dataset.arrow, arrow.getAttribute("marker-end")]));
      assert.deepEqual(arrows.map(([id]) => id).sort(), [...call.arrows].sort(), call.name);
      assert.ok(arrows.every(([, head]) => head === "url(#head-path)"));
      // One goes on where the other ends: every arrow joins two boxes of the way.
      for (const [id] of arrows) {
        const [flow, from, to] = id.split("-");
        assert.ok(call.nodes.includes(`${flow}-${from}`) && call.nodes.includes(`${flow}-${to}`), `${call.name}: ${id}`);
      }
    }
    await page.selectOption("#call", { label: calls.tests.find((call) => call.name.startsWith("support")).name });
    await screenshot(page, "company-way");
    await page.selectOption("#call", { label: "none" });
    assert.deepEqual(await onTheWay(page), everything);
    assert.equal(await page.locator(".arrow[marker-end='url(#head-path)']").count(), 0);
  }));

  test("is light or dark, as whoever looks at it has set, and can be read in both", slow, async () => {
    const papers = [];
    for (const dark of [false, true]) {
      await within(file, { dark }, async (page) => {
        // WCAG 2.1: relative luminance, and the contrast of two colours.
        const found = await page.evaluate(() => {
          const channels = (colour) => colour.match(/[\d.]+/g).slice(0, 3).map((c) => Number(c) / 255).map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
          const light = (colour) => { const [r, g, b] = channels(colour); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
          const contrast = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);
          const body = getComputedStyle(document.body);
          const boxes = [...document.querySelectorAll(".node:not(.unreachable)")].flatMap((node) => {
            const card = getComputedStyle(node.querySelector(".card")).fill;
            return [...node.querySelectorAll("text")].map((text) => ({ text: text.textContent, contrast: contrast(getComputedStyle(text).fill, card) }));
          });
          return { paper: body.backgroundColor, page: contrast(body.color, body.backgroundColor), light: light(body.backgroundColor), boxes };
        });
        papers.push(found.light);
        assert.ok(found.page >= 7, `the page: ${found.page}`);
        assert.deepEqual(found.boxes.filter((box) => box.contrast < 4.5), []);
        await screenshot(page, dark ? "company-dark" : "company-light");
        // It changes while it is open.
        await page.emulateMedia({ colorScheme: dark ? "light" : "dark" });
        assert.notEqual(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), found.paper);
      });
    }
    assert.ok(papers[0] > 0.9 && papers[1] < 0.05, `${papers}`);
  });

  test("can be used with the keyboard alone", slow, () => within(file, {}, async (page) => {
    const focus = () => page.evaluate(() => document.activeElement.id || document.activeElement.dataset?.node || document.activeElement.tagName);
    // One after the other, and none is left out.
    const reached = [];
    for (let i = 0; i < 200; i++) {
      await page.keyboard.press("Tab");
      const id = await focus();
      if (id === "BODY" || reached.includes(id)) break;
      reached.push(id);
    }
    assert.deepEqual(reached.slice(0, 5), ["search", "call", "out", "in", "fit"]);
    const boxes = await page.$$eval(".node", (nodes) => nodes.map((node) => node.dataset.node));
    assert.deepEqual(reached.slice(5), boxes);
    // Whoever hears the page hears what a box is.
    const node = page.getByRole("button", { name: "A call comes in" }).first();
    await node.focus();
    await page.keyboard.press("Enter");
    assert.equal(await page.locator("aside").isVisible(), true);
    assert.ok((await marked(page)).length > 0);
    await page.keyboard.press("Escape");
    assert.equal(await page.locator("aside").isVisible(), false);
    // What is reached comes into the window.
    for (let i = 0; i < 12; i++) await page.click("#in");
    await page.focus("#fit");
    for (const id of boxes.slice(0, 8)) {
      await page.keyboard.press("Tab");
      assert.equal(await focus(), id);
      const at = await middle(page.locator(`[data-node="${id}"]`)), view = await page.locator("#view").boundingBox();
      assert.ok(at.x > view.x && at.x < view.x + view.width && at.y > view.y && at.y < view.y + view.height, `${id} is in the window`);
    }
    await page.keyboard.press(" ");
    assert.equal(await page.locator(".node.chosen").getAttribute("data-node"), boxes[7]);
    // Moving and zooming.
    await page.keyboard.press("0");
    const all = await shown(page);
    await page.keyboard.press("+");
    const [x, y, width] = await shown(page);
    near(width, all[2] * 0.8, 0.5, "larger");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowUp");
    const moved = await shown(page);
    assert.ok(moved[0] > x && moved[1] < y);
    await page.keyboard.press("-");
    near((await shown(page))[2], all[2], 0.5, "smaller");
    // A slash begins a search, and is not part of it.
    await page.keyboard.press("/");
    assert.equal(await focus(), "search");
    await page.keyboard.type("ring");
    assert.equal(await page.inputValue("#search"), "ring");
    assert.ok(await page.locator(".node.hit").count() > 0);
    await page.keyboard.press("Escape");
    assert.equal(await focus(), "BODY");
    // The ways, too.
    await page.focus("#call");
    await page.keyboard.press("ArrowDown");
    assert.equal(await page.inputValue("#call"), "0");
    assert.equal(await page.locator("body.calls").count(), 1);
    await page.keyboard.press("Escape");
    assert.equal(await page.locator("body.calls").count(), 0);
  }));

  test("moves under a finger, and between two grows and shrinks", slow, () => within(file, { width: 390, height: 760, touch: true }, async (page) => {
    const fingers = await page.context().newCDPSession(page);
    const touch = (type, ...points) => fingers.send("Input.dispatchTouchEvent", { type, touchPoints: points.map(([x, y], id) => ({ x, y, id })) });
    const slide = async (from, to) => {
      await touch("touchStart", ...from);
      for (const part of [0.25, 0.5, 0.75, 1]) await touch("touchMove", ...from.map(([x, y], i) => [x + (to[i][0] - x) * part, y + (to[i][1] - y) * part]));
      // A page hears of movements once for each picture that it shows, on a busy machine much later than they are sent.
      await page.waitForFunction((ends) => ends.every(([x, y]) => [...window.fingers.values()].some(([a, b]) => Math.hypot(a - x, b - y) < 0.5)), to);
    };
    // What is at this place of the window, in the picture's own measure.
    const under = (place) => page.$eval("#view svg", (svg, [x, y]) => { const at = new DOMPoint(x, y).matrixTransform(svg.getScreenCTM().inverse()); return [at.x, at.y]; }, place);
    await page.evaluate(() => {
      window.fingers = new Map();
      window.addEventListener("pointermove", (event) => window.fingers.set(event.pointerId, [event.clientX, event.clientY]));
    });
    const all = await shown(page);
    // Twice as far apart: twice as large, and the fingers stay on what they hold.
    const [left, right] = [await under([100, 350]), await under([200, 450])];
    await slide([[100, 350], [200, 450]], [[60, 310], [260, 510]]);
    const larger = await shown(page);
    near(larger[2], all[2] / 2, all[2] * 0.01, "how much is shown");
    near(larger[3], all[3] / 2, all[3] * 0.01, "how much is shown");
    same(await under([60, 310]), left);
    same(await under([260, 510]), right);
    await touch("touchEnd");
    // Together again, and one more moves it.
    await slide([[60, 310], [260, 510]], [[110, 360], [210, 460]]);
    await touch("touchEnd");
    near((await shown(page))[2], all[2], all[2] * 0.01, "smaller again");
    const here = await under([150, 400]);
    await slide([[150, 400]], [[210, 470]]);
    same(await under([210, 470]), here);
    // What the system takes away is not held any more.
    await touch("touchCancel");
    const stays = await shown(page);
    await page.mouse.move(50, 500);
    assert.deepEqual(await shown(page), stays);
    assert.equal(await page.locator("#view.drag").count(), 0);
    // None of that was a tap, which opens a box.
    assert.equal(await page.locator("aside").isVisible(), false);
    const { x, y } = await middle(box(page, "A call comes in"));
    await page.touchscreen.tap(x, y);
    assert.equal(await page.locator("aside").isVisible(), true);
  }));

  test("fits on the screen of a telephone", slow, () => within(file, { width: 390, height: 760 }, async (page) => {
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= 390, `${wide}`);
    for (const id of ["search", "call", "in", "out", "fit"]) {
      const { x, width } = await page.locator(`#${id}`).boundingBox();
      assert.ok(x >= 0 && x + width <= 390, id);
    }
    await page.locator(".node").nth(1).click();
    const source = await page.locator("aside").boundingBox(), view = await page.locator("#view").boundingBox();
    assert.ok(source.width === 390 && source.y >= view.y + view.height && view.height > 200, `the source stands below the picture: ${JSON.stringify([source, view])}`);
    await screenshot(page, "company-narrow");
  }));
});

test("the call of the command line is shown at once, the tests' beside it", slow, async () => {
  const file = draw("chosen", company, "--to", "+13146523057", "--at", "2026-04-21 10:00 America/Chicago", "--press", "1", "--outcome", "no_answer");
  await within(file, {}, async (page) => {
    const { calls } = await data(page);
    assert.equal(await page.$eval("#call", (select) => select.selectedOptions[0].textContent), calls.chosen.name);
    assert.ok(calls.chosen.name.includes("press 1"));
    const everything = await page.$$eval(".node", (nodes) => nodes.map((node) => node.dataset.node));
    assert.deepEqual(await onTheWay(page), everything.filter((id) => calls.chosen.nodes.includes(id)));
    await screenshot(page, "company-chosen");
    assert.deepEqual(await page.$$eval("#call optgroup", (groups) => groups.map((group) => group.label)), ["Tests of the script"]);
    await page.selectOption("#call", { label: "none" });
    assert.deepEqual(await onTheWay(page), everything);
  });
});

test("a script without tests offers no ways", slow, async () => {
  const script = write(here, "plain.route", "menu < 1 => hangup > else voicemail \"none\"\n");
  await within(draw("plain", script), {}, async (page) => {
    assert.equal(await page.locator("#calls").isVisible(), false);
    assert.equal(await page.locator(".node.way").count(), 0);
  });
});

test("more ways than a page has room for are counted", slow, async () => {
  let text = "menu < 1 => hangup > else voicemail \"none\"\n";
  for (let i = 0; i < 203; i++) text += `test "number ${i}" < from +14155550123; press 1; expect hangup >\n`;
  await within(draw("many", write(here, "many.route", text)), {}, async (page) => {
    const options = await page.$$eval("#call option", (options) => options.map((option) => [option.textContent, option.disabled]));
    assert.equal(options.length, 202);
    assert.deepEqual(options.at(-2), ["number 199", false]);
    assert.deepEqual(options.at(-1), ["3 more left out of this page", true]);
  });
});

test("what a script says is text, whatever it is", slow, async () => {
  const hostile = "</script><script>alert(1)</script><img src=x onerror=alert(2)> <!-- \u2028 &amp; \\u{7} 日本語";
  const text = `say "${hostile}"\nvoicemail "${hostile}"\ntest "${hostile}" < from +14155550123; expect voicemail "x" >\n`;
  const script = write(here, "hostile.route", text);
  await within(draw("hostile", script), {}, async (page) => {
    assert.equal(await page.locator("img, iframe").count(), 0);
    assert.equal(await page.locator("script").count(), 2);
    const { calls, files } = await data(page);
    assert.ok(calls.tests[0].name.includes("</script><script>alert(1)"));
    assert.equal(files[0].text, text);
    await page.locator(".node.voicemail").click();
    assert.deepEqual(await marked(page), [text.split("\n")[1]]);
    await page.selectOption("#call", { index: 1 });
    await screenshot(page, "hostile");
  });
});
