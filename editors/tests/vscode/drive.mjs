// VS Code itself (code-server) with the packaged extension, opened on the examples in a headless browser.
//
//   node drive.mjs FOLDER      FOLDER is what `install` made
//
// Environment: CALLROUTE (the program), WORK (a folder that may be written), OUT (where pictures go),
// CHROMIUM (/usr/bin/chromium).

import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const home = resolve(process.argv[2]);
const { CALLROUTE, WORK, OUT } = process.env;
const require = createRequire(join(home, 'package.json'));
const { chromium } = require('playwright-core');
const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');

const workspace = join(WORK, 'examples');
const data = join(WORK, 'data');
const extensions = join(WORK, 'extensions');
const LONG = 60_000;

let failed = 0;
function check(what, good, shown) {
  console.log(`${good ? 'ok      ' : 'FAILED  '}${what}`);
  if (!good) {
    failed += 1;
    console.log(`        ${String(typeof shown === 'string' ? shown : JSON.stringify(shown)).slice(0, 1500)}`);
  }
}

/**
 * Plays a part in a window that knows nothing of the others; a part in which something fails is played again, in files as they were, for
 * keys that a busy window loses are no fault of ours.
 */
async function play(part, browser, base) {
  for (let left = 2; ; left -= 1) {
    const before = failed;
    scripts();
    // A window of its own: nothing unsaved, no panel, no terminal of another part is in the way.
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const page = await context.newPage();
    try {
      await part(page, base);
    } catch (error) {
      check(`${part.name} runs to its end`, false, error.stack ?? String(error));
    }
    if (failed > before) await picture(page, `failed-${part.name}`).catch(() => undefined);
    await context.close();
    if (failed === before || left === 0) return;
    console.log(`again   ${part.name}`);
    failed = before;
  }
}

/** A port that nobody listens on. */
function freePort() {
  return new Promise((done, fail) => {
    const server = createServer();
    server.once('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

async function reachable(url) {
  for (let i = 0; i < 300; i += 1) {
    try {
      if ((await fetch(url)).ok) return;
    } catch {
      // Not yet.
    }
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`${url} does not answer`);
}

/** The scripts that are looked at. */
function scripts() {
  const broken = `zone America/Chicago

/// The people who sell.
group sales = ring all for 25s < +13125550101; +13125550102 >
schedule office = < mon-fri 9-17 >

when hours(office) <
  menu say "Press 1 for sales." <
    1 => group sals
    2 => group sales else voicemail "busy"
  > else voicemail "front_desk"
>
voicemail "closed"

test "open" <
  at 2026-04-21 10:00
  press 2
  expect group sales
>
`;
  writeFileSync(join(workspace, 'broken.route'), broken);
  writeFileSync(join(workspace, 'good.route'), broken.replace('sals', 'sales'));
}

function prepare() {
  cpSync(join(root, 'examples'), workspace, { recursive: true });
  mkdirSync(join(data, 'User'), { recursive: true });
  const settings = {
    'workbench.startupEditor': 'none',
    'workbench.colorTheme': 'Default Dark Modern',
    'security.workspace.trust.enabled': false,
    'telemetry.telemetryLevel': 'off',
    'files.hotExit': 'off',
    'extensions.autoCheckUpdates': false,
    'extensions.ignoreRecommendations': true,
    'editor.minimap.enabled': false,
    'editor.bracketPairColorization.enabled': true,
    'workbench.tips.enabled': false,
    'chat.commandCenter.enabled': false,
    'workbench.secondarySideBar.defaultVisibility': 'hidden',
  };
  writeFileSync(join(data, 'User/settings.json'), JSON.stringify(settings, null, 2));
  // A program is a matter of the machine, and the browser's user is on another one.
  mkdirSync(join(data, 'Machine'), { recursive: true });
  writeFileSync(join(data, 'Machine/settings.json'), JSON.stringify({ 'callroute.server.path': CALLROUTE }));
  const entry = join(home, 'node_modules/code-server/out/node/entry.js');
  const common = [entry, '--extensions-dir', extensions, '--user-data-dir', data];
  const install = spawnSync('node', [...common, '--install-extension', join(root, 'editors/vscode/callroute.vsix')], { encoding: 'utf8' });
  check('VS Code installs the package', install.status === 0 && /successfully installed/.test(install.stdout), install.stdout + install.stderr);
  return common;
}

/** Opens a file by the address: typing into the file picker is unreliable right after the start. */
async function open(page, base, file) {
  const authority = new URL(base).host;
  const payload = JSON.stringify([['openFile', `vscode-remote://${authority}${join(workspace, file)}`]]);
  await page.goto(`${base}/?folder=${encodeURIComponent(workspace)}&payload=${encodeURIComponent(payload)}`, { waitUntil: 'domcontentloaded' });
  await page.waitForSelector('.monaco-workbench', { timeout: LONG });
  await page.waitForSelector('.monaco-editor .view-line', { timeout: LONG });
}

async function command(page, words) {
  await page.keyboard.press('F1');
  await page.waitForSelector('.quick-input-widget input', { timeout: LONG });
  await page.keyboard.insertText(words);
  await page.waitForFunction(
    (text) => document.querySelector('.quick-input-list .monaco-list-row')?.textContent?.includes(text),
    words.split(': ').pop(),
    { timeout: 20_000 },
  );
  await page.keyboard.press('Enter');
}

/** Gives the keys to the text. A click would have to find a line that nothing lies over. */
async function focus(page) {
  await page.locator('.monaco-editor').locator('.native-edit-context, textarea.inputarea').first().focus({ timeout: LONG });
}

/** Puts the caret at a line and column, both from 1. */
async function goTo(page, line, column) {
  await page.keyboard.press('Control+g');
  await page.waitForSelector('.quick-input-widget input', { timeout: LONG });
  await page.keyboard.insertText(`${line}:${column}`);
  await page.keyboard.press('Enter');
  await page.waitForSelector('.quick-input-widget', { state: 'hidden', timeout: LONG });
}

const picture = (page, name) => page.screenshot({ path: join(OUT, `vscode-${name}.png`) });

async function faults(page, base) {
  await open(page, base, 'broken.route');
  await page.waitForSelector('.squiggly-error', { timeout: LONG }).catch(() => undefined);
  check('a fault is underlined', (await page.locator('.squiggly-error').count()) === 1, await page.locator('.squiggly-error').count());
  const colour = (text) =>
    page.evaluate((wanted) => {
      const spans = [...document.querySelectorAll('.monaco-editor .view-line span span')];
      const found = spans.find((span) => span.textContent.replaceAll('\u00a0', ' ').trim() === wanted);
      return found && getComputedStyle(found).color;
    }, text);
  const [step, plain, text] = [await colour('menu'), await colour('sales'), await colour('"Press 1 for sales."')];
  check('steps and texts have colours of their own', step && text && step !== text && step !== plain, { step, plain, text });

  const strange = await page.locator('.monaco-editor .unexpected-closing-bracket').count();
  check('an arrow closes no bracket', strange === 0, strange);

  await page.keyboard.press('Control+Shift+m');
  await page.waitForSelector('.markers-panel .monaco-list-row', { timeout: 20_000 }).catch(() => undefined);
  const rows = (await page.locator('.markers-panel .monaco-list-row').allInnerTexts()).join(' ');
  check('the problem is listed with what to write instead', /sals/.test(rows) && /E0200/.test(rows), rows);
  await picture(page, 'problems');
  await page.keyboard.press('Control+Shift+m');

  // Hover over the group where it is used well.
  const place = page.locator('.monaco-editor .view-line', { hasText: '2 =>' }).locator('span', { hasText: 'sales' }).last();
  await place.hover();
  await page.waitForSelector('.monaco-hover:not(.hidden) .hover-row', { timeout: 20_000 }).catch(() => undefined);
  await page.waitForTimeout(800);
  const hover = (await page.locator('.monaco-hover:not(.hidden)').allInnerTexts()).join(' ');
  check('hover shows the comment of the definition', /The people who sell/.test(hover), hover);
  await picture(page, 'hover');
  await page.mouse.move(5, 5);

  // Completion where the fault is: behind `group sa`.
  await page.locator('.monaco-editor .view-line', { hasText: '1 =>' }).click();
  await goTo(page, 9, 18);
  await page.keyboard.press('Control+Space');
  await page.waitForSelector('.suggest-widget.visible .monaco-list-row', { timeout: 20_000 }).catch(() => undefined);
  await page.waitForTimeout(500);
  const offers = await page.locator('.suggest-widget.visible .monaco-list-row').allInnerTexts();
  check('completion offers the group', offers.some((offer) => /^sales/.test(offer.trim())), offers);
  check('nothing is offered twice', new Set(offers).size === offers.length, offers);
  await picture(page, 'completion');
  await page.keyboard.press('Escape');

  // The checker's own fix.
  await goTo(page, 9, 18);
  await page.keyboard.press('Control+.');
  await page.waitForSelector('.action-widget .monaco-list-row', { timeout: 20_000 }).catch(() => undefined);
  await page.waitForTimeout(300);
  const actions = (await page.locator('.action-widget .monaco-list-row').allInnerTexts()).join(' | ');
  check('a fix is offered', /sales/.test(actions), actions);
  await picture(page, 'fix');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.squiggly-error', { state: 'detached', timeout: 20_000 }).catch(() => undefined);
  check('the fix mends the fault', (await page.locator('.squiggly-error').count()) === 0, await page.locator('.monaco-editor .view-lines').innerText());
}

async function flow(page, base) {
  await open(page, base, 'good.route');
  const lenses = page.locator('.codelens-decoration a');
  await lenses.first().waitFor({ timeout: 30_000 }).catch(() => undefined);
  const titles = await lenses.allInnerTexts();
  check('lenses offer the call flow, a call and the test', titles.length >= 3, titles);
  await focus(page);
  await command(page, 'Callroute: Show the Call Flow');
  const drawn = async () => {
    for (const frame of page.frames()) {
      const found = await frame.locator('svg').count().catch(() => 0);
      const text = found > 0 ? await frame.locator('body').innerText().catch(() => '') : '';
      const words = found > 0 ? await frame.locator('svg').first().textContent().catch(() => '') : '';
      if (/sales/.test(words + text)) return words + text;
    }
    return undefined;
  };
  let shown;
  for (let i = 0; i < 200 && shown === undefined; i += 1) {
    shown = await drawn();
    await page.waitForTimeout(100);
  }
  check('the call flow is drawn beside the script', shown !== undefined, page.frames().map((frame) => frame.url()));
  await page.waitForTimeout(1000);
  await picture(page, 'graph');

  // Saved with another name for the mailbox, it is drawn anew.
  await page.locator('.monaco-editor .view-line', { hasText: 'voicemail "closed"' }).first().click();
  await page.keyboard.press('Home');
  await page.keyboard.press('Shift+End');
  await page.keyboard.insertText('voicemail "night_mailbox"');
  await page.keyboard.press('Control+s');
  let anew = false;
  for (let i = 0; i < 200 && !anew; i += 1) {
    anew = /night_mailbox/.test((await drawn()) ?? '');
    await page.waitForTimeout(100);
  }
  check('a saved script is drawn anew', anew);
  await picture(page, 'graph-saved');

  // A test that passes, from its lens: the result stands there. One that fails opens a terminal.
  const lens = page.locator('.codelens-decoration a', { hasText: /run test/i }).first();
  await lens.click({ timeout: 20_000 });
  const passed = page.locator('.codelens-decoration a', { hasText: /pass/i }).first();
  await passed.waitFor({ timeout: 20_000 }).catch(() => undefined);
  check('a lens runs its test and shows that it passes', (await passed.count()) === 1, await lenses.allInnerTexts());
  await picture(page, 'test-passes');
  await page.locator('.monaco-editor .view-line', { hasText: 'expect' }).first().click();
  await page.keyboard.press('Home');
  await page.keyboard.press('Shift+End');
  await page.keyboard.insertText('expect ');
  // What is offered here is the server's alone: a snippet of a whole menu has no place in a test.
  await page.keyboard.type('menu');
  await page.waitForSelector('.suggest-widget.visible .monaco-list-row', { timeout: 20_000 }).catch(() => undefined);
  await page.waitForTimeout(500);
  const offers = await page.locator('.suggest-widget.visible .monaco-list-row .label-name').allInnerTexts();
  check('`menu` is offered once behind `expect`', offers.join() === 'menu', offers);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+s');
  await page.waitForTimeout(1500);
  await page.locator('.codelens-decoration a', { hasText: /test|pass/i }).last().click({ timeout: 20_000 });
  await page.waitForSelector('.terminal-wrapper.active .xterm', { timeout: 2 * LONG }).catch(() => undefined);
  check('a test that fails opens a terminal', (await page.locator('.terminal-wrapper.active .xterm').count()) > 0, await lenses.allInnerTexts());
  await page.waitForTimeout(3000);
  await picture(page, 'test-fails');
}

async function examples(page, base) {
  for (const file of ['office/office.route', 'company/company.route']) {
    await open(page, base, file);
    // The server has read it when its lenses are there; they are asked for where one looks.
    const lens = page.locator('.codelens-decoration a', { hasText: 'try a call' });
    for (let i = 0; i < 10 && (await lens.count()) === 0; i += 1) {
      await focus(page);
      await goTo(page, 36, 1);
      await lens.first().waitFor({ timeout: LONG / 6 }).catch(() => undefined);
    }
    check(`${file} is read by the server`, (await lens.count()) > 0, await page.locator('.codelens-decoration a').allInnerTexts());
    await page.waitForTimeout(1500);
    const errors = await page.locator('.squiggly-error').count();
    check(`${file} has no fault`, errors === 0, errors);
    await picture(page, file.split('/')[0]);
  }
}

async function missing(page, base) {
  writeFileSync(join(data, 'Machine/settings.json'), JSON.stringify({ 'callroute.server.path': '/nowhere/callroute' }));
  await open(page, base, 'good.route');
  const told = page.locator('.notification-toast', { hasText: '/nowhere/callroute' });
  await told.first().waitFor({ timeout: 30_000 }).catch(() => undefined);
  check('a missing server is told with what to do', (await told.count()) === 1 && /How to Install/.test(await told.first().innerText()), await page.locator('.notification-toast').allInnerTexts());
  await focus(page);
  await page.keyboard.press('Control+End');
  await page.keyboard.type('menu');
  await page.waitForSelector('.suggest-widget.visible .monaco-list-row', { timeout: 20_000 }).catch(() => undefined);
  await page.waitForTimeout(500);
  const offers = await page.locator('.suggest-widget.visible .monaco-list-row .label-name').allInnerTexts();
  check('snippets are there without a server', offers.includes('menu with choices'), offers);
  await picture(page, 'missing');
}

const common = prepare();
const port = await freePort();
const base = `http://127.0.0.1:${port}`;
const server = spawn(
  'node',
  [...common, '--auth', 'none', '--bind-addr', `127.0.0.1:${port}`, '--disable-telemetry', '--disable-update-check', '--disable-workspace-trust', '--disable-getting-started-override', workspace],
  { stdio: ['ignore', 'pipe', 'pipe'] },
);
let said = '';
for (const stream of [server.stdout, server.stderr]) stream.on('data', (text) => (said += text));
let browser;
try {
  await reachable(`${base}/healthz`);
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  for (const part of [faults, flow, examples, missing]) {
    await play(part, browser, base);
  }
} catch (error) {
  check('VS Code starts', false, `${error.stack ?? error}\n${said}`);
} finally {
  await browser?.close();
  server.kill();
  rmSync(WORK, { recursive: true, force: true, maxRetries: 5, retryDelay: 300 });
}
process.exit(failed === 0 ? 0 : 1);
