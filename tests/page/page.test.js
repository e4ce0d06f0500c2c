import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { makeWorld, startBrowser, startServer } from './world.js';

let world;
let server;
let browser;

before(async () => {
  world = makeWorld();
  [server, browser] = await Promise.all([startServer(world.model, { options: ['--max-body-mb', '1'] }), startBrowser()]);
});

after(async () => {
  await browser?.close();
  await server?.stop();
  world?.remove();
});

/** The page at an address, and what went wrong in it. */
async function open(options = {}, url = server.url) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(30000);
  const complaints = [];
  const requests = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  // A refused request is told in the console too: the page tells it better.
  page.on('console', (line) => line.type() === 'error' && !line.text().startsWith('Failed to load') && complaints.push(line.text()));
  page.on('request', (request) => requests.push(request));
  await page.goto(url);
  return { page, complaints, requests, posts: () => requests.filter((one) => one.method() === 'POST') };
}

async function upload(page, path = world.images[0]) {
  await page.setInputFiles('#file', path);
  await page.waitForSelector('#detections li');
}

const setSlider = (page, id, value) => page.locator(`#${id}`).fill(String(value));
const count = (page) => page.locator('#detections li').count();
/** Waits until something is so. The page's policy forbids what waitForFunction does. */
async function until(what, seconds = 30) {
  for (const end = Date.now() + 1000 * seconds; !(await what());) {
    assert.ok(Date.now() < end, `not within ${seconds} seconds: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
/** All pixels of the canvas, as a text to compare. */
const drawn = (page) => page.locator('#canvas').evaluate((canvas) => canvas.toDataURL());

test('boxes appear where the API says', async () => {
  const { page, complaints } = await open();
  await setSlider(page, 'threshold', 0.01);
  await upload(page);
  const expected = await server.detect(world.images[0], 'threshold=0.01&max=300');
  assert.ok(expected.detections.length > 3);
  const shown = await page.locator('#detections button').evaluateAll((all) => all.map((one) => JSON.parse(one.dataset.bbox)));
  assert.deepEqual(shown, expected.detections.map((one) => one.bbox));
  assert.equal(await page.locator('#found').textContent(), `Detections: ${expected.detections.length}`);
  // With the best one chosen, nothing is drawn over its frame: the pixels there have its colour.
  await setSlider(page, 'threshold', Math.floor(100 * expected.detections[0].score) / 100);
  await page.locator('#detections button').first().click();
  const [x, y, width, height] = expected.detections[0].bbox;
  const swatch = await page.locator('#detections rect').first().getAttribute('fill');
  const colours = await page.locator('#canvas').evaluate((canvas, places) => places.map(([left, top]) => {
    const [r, g, b] = canvas.getContext('2d').getImageData(left, top, 1, 1).data;
    return `rgb(${r}, ${g}, ${b})`;
  }), [[x + width / 2, Math.min(y + height, expected.height - 1)], [Math.max(x, 0), y + height / 2]].map((at) => at.map(Math.floor)));
  assert.deepEqual(colours, [swatch, swatch]);
  assert.deepEqual(complaints, []);
});

test('the threshold acts without asking the server', async () => {
  const { page, posts } = await open();
  await setSlider(page, 'threshold', 0.01);
  await upload(page);
  const all = await count(page);
  const asked = posts().length;
  const scores = await page.locator('#detections .score').allTextContents();
  const middle = Number(scores[Math.floor(all / 2)]);
  await setSlider(page, 'threshold', middle);
  assert.ok((await count(page)) < all);
  for (const score of await page.locator('#detections .score').allTextContents()) assert.ok(Number(score) >= middle - 0.005);
  assert.equal(posts().length, asked);
});

test('the keep ratio asks the server again', async () => {
  const { page, posts } = await open();
  await setSlider(page, 'threshold', 0.01);
  await upload(page);
  assert.ok(!posts()[0].url().includes('keep='), 'the model’s own unless told');
  const expected = await server.detect(world.images[0], 'threshold=0.01&max=300&keep=0.15');
  const best = JSON.stringify(expected.detections[0].bbox);
  assert.notEqual(await page.locator('#detections button').first().getAttribute('data-bbox'), best);
  await setSlider(page, 'keep', 0.15);
  await until(async () => await page.locator('#detections button').first().getAttribute('data-bbox') === best);
  assert.match(await page.locator('#time-inference').textContent(), /^[\d.]+ ms$/);
  assert.equal(await page.locator('#keep-value').textContent(), '0.15');
});

test('the views show where the model looked', async () => {
  const { page, complaints, posts } = await open();
  await setSlider(page, 'threshold', 0.01);
  await upload(page);
  const images = new Set([await drawn(page)]);
  for (const view of ['tokens', 'foreground', 'work', 'sampled']) {
    await page.check(`input[value=${view}]`);
    await page.waitForSelector(`#canvas[data-view=${view}]`);
    assert.equal(await page.locator('#step').isVisible(), view === 'tokens' || view === 'foreground');
    const image = await drawn(page);
    assert.ok(!images.has(image), `${view} looks like another view`);
    images.add(image);
  }
  assert.equal(posts().length, 2, 'one explanation serves all views');
  await page.check('input[value=tokens]');
  const first = await drawn(page);
  assert.match(await page.locator('#step-hint').textContent(), /works on [\d.]+ % of the tokens/);
  await setSlider(page, 'step', 2);
  assert.equal(await page.locator('#step-value').textContent(), '2 of 2');
  assert.notEqual(await drawn(page), first);
  assert.deepEqual(complaints, []);
});

test('what is no image is said readably', async () => {
  const { page } = await open();
  const notes = join(world.folder, 'notes.txt');
  writeFileSync(notes, 'no image');
  await page.setInputFiles('#file', notes);
  const error = page.locator('#error');
  await error.waitFor();
  assert.match(await error.textContent(), /“notes.txt” is not an image/);
  assert.equal(await error.getAttribute('role'), 'alert');
  await setSlider(page, 'threshold', 0.01);
  await upload(page);
  assert.ok(await error.isHidden(), 'and it goes on');
});

test('what the server refuses is said readably', async () => {
  const { page } = await open();
  // Larger than the server's --max-body-mb 1: noise does not compress.
  const [width, height] = [800, 600];
  const bitmap = Buffer.alloc(54 + 3 * width * height, 7);
  bitmap.fill(0, 0, 54);
  bitmap.write('BM');
  bitmap.writeUInt32LE(bitmap.length, 2);
  bitmap.writeUInt32LE(54, 10);
  bitmap.writeUInt32LE(40, 14);
  bitmap.writeInt32LE(width, 18);
  bitmap.writeInt32LE(height, 22);
  bitmap.writeUInt16LE(1, 26);
  bitmap.writeUInt16LE(24, 28);
  await page.setInputFiles('#file', { name: 'large.bmp', mimeType: 'image/bmp', buffer: bitmap });
  await page.locator('#error').waitFor();
  assert.match(await page.locator('#error').textContent(), /too large/);
});

test('the keyboard is enough', async () => {
  const { page } = await open();
  await setSlider(page, 'threshold', 0.01);
  await upload(page);
  const reach = async (selector) => {
    for (let i = 0; i < 60; ++i) {
      if (await page.evaluate((wanted) => document.activeElement.matches(wanted), selector)) return;
      await page.keyboard.press('Tab');
    }
    assert.fail(`${selector} cannot be reached by Tab`);
  };
  await page.evaluate(() => document.activeElement.blur());
  await reach('#file');
  await reach('#threshold');
  await page.keyboard.press('ArrowRight');
  assert.equal(await page.locator('#threshold-value').textContent(), '0.02');
  await reach('#keep');
  await reach('input[name=view]');
  await page.keyboard.press('ArrowDown');
  await page.waitForSelector('#canvas[data-view=tokens]');
  await reach('#detections button');
  await page.keyboard.press('Enter');
  assert.equal(await page.locator('#detections button').first().getAttribute('aria-pressed'), 'true');
  assert.equal(await page.evaluate(() => document.activeElement.closest('ol')?.id), 'detections', 'the focus stays');
});

test('a dropped image is taken', async () => {
  const { page } = await open();
  await setSlider(page, 'threshold', 0.01);
  await page.evaluate(async () => {
    const canvas = new OffscreenCanvas(160, 120);
    canvas.getContext('2d').fillRect(10, 10, 50, 50);
    const transfer = new DataTransfer();
    transfer.items.add(new File([await canvas.convertToBlob()], 'dropped.png', { type: 'image/png' }));
    document.getElementById('drop').dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true }));
  });
  await page.waitForSelector('#detections li');
  assert.deepEqual(await page.locator('#canvas').evaluate((canvas) => [canvas.width, canvas.height]), [160, 120]);
});

test('the camera is followed frame by frame', async () => {
  const { page, posts, complaints } = await open();
  await page.click('#camera');
  await until(async () => await page.locator('#time-trip').textContent() !== '–');
  const before = posts().length;
  await until(() => posts().length >= before + 3);
  await page.click('#camera');
  assert.equal(await page.locator('#camera').getAttribute('aria-pressed'), 'false');
  await Promise.all(posts().map((post) => post.response()));  // Those on their way are answered in time.
  const stopped = posts().length;
  // Time itself: that nothing more is sent is seen by waiting.
  await page.waitForTimeout(500);
  assert.equal(posts().length, stopped);
  assert.deepEqual(complaints, []);
});

test('a server with a token is asked with it', async () => {
  const guarded = await startServer(world.model, { token: 'secret' });
  try {
    const { page } = await open({}, guarded.url);
    await page.locator('#token-form').waitFor();
    await page.fill('#token', 'wrong');
    await page.click('#token-form button');
    await page.locator('#error').waitFor();
    assert.match(await page.locator('#error').textContent(), /token is missing or wrong/);
    await page.fill('#token', 'secret');
    await page.click('#token-form button');
    await page.locator('#token-form').waitFor({ state: 'hidden' });
    await setSlider(page, 'threshold', 0.01);
    await upload(page);
  } finally {
    await guarded.stop();
  }
});

test('a server that is gone is said readably', async () => {
  const brief = await startServer(world.model);
  const { page } = await open({}, brief.url);
  await setSlider(page, 'threshold', 0.01);
  await upload(page);
  await brief.stop();
  await setSlider(page, 'keep', 0.15);
  await page.locator('#error').waitFor();
  assert.match(await page.locator('#error').textContent(), /does not answer/);
});

test('nothing is fetched from elsewhere', async () => {
  const { page, requests } = await open();
  await setSlider(page, 'threshold', 0.01);
  await upload(page);
  for (const request of requests) assert.match(request.url(), new RegExp(`^(${server.url}/|blob:|data:)`));
});

const LOOKS = {
  light: { viewport: { width: 1280, height: 800 }, colorScheme: 'light' },
  dark: { viewport: { width: 1280, height: 800 }, colorScheme: 'dark' },
  phone: { viewport: { width: 390, height: 844 }, colorScheme: 'light', hasTouch: true, isMobile: true, deviceScaleFactor: 2 },
  'phone-dark': { viewport: { width: 390, height: 844 }, colorScheme: 'dark', hasTouch: true, isMobile: true, deviceScaleFactor: 2 },
};

/** WCAG's contrast of two colours "rgb(r, g, b)". */
function contrast(one, other) {
  const luminance = (colour) => {
    const [r, g, b] = colour.match(/[\d.]+/g).slice(0, 3).map(Number).map((value) => value / 255)
      .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

for (const [name, look] of Object.entries(LOOKS)) {
  test(`it fits and can be read: ${name}`, async () => {
    const { page } = await open(look);
    await setSlider(page, 'threshold', 0.01);
    await upload(page);
    const wide = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(wide[0] <= wide[1], `${wide[0]} pixels on a screen of ${wide[1]}`);
    const pairs = await page.evaluate(() => ['#model', 'h1', '.hint', '.field label', 'dt', '#camera', '.button', '#found'].map((selector) => {
      const own = document.querySelector(selector);
      let ground = own;
      while (getComputedStyle(ground).backgroundColor === 'rgba(0, 0, 0, 0)') ground = ground.parentElement;
      return [selector, getComputedStyle(own).color, getComputedStyle(ground).backgroundColor];
    }));
    for (const [selector, ink, ground] of pairs) {
      assert.ok(contrast(ink, ground) >= 4.5, `${selector}: ${ink} on ${ground} has a contrast of ${contrast(ink, ground)}`);
    }
    if (process.env.SCREENSHOTS) {
      mkdirSync(process.env.SCREENSHOTS, { recursive: true });
      await page.screenshot({ path: join(process.env.SCREENSHOTS, `${name}.png`), fullPage: true });
    }
  });
}
