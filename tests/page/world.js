// What the tests of the page need around them: a small model, images, a server, a browser.

import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const command = process.env.FOCUS_DETR_COMMAND ?? '../../build/release/focus-detr';

/** A folder with images and a model that has hardly learned anything: what it finds does not matter, only that the page shows it. */
export function makeWorld() {
  const folder = mkdtempSync(join(tmpdir(), 'focus-detr-page-'));
  execFileSync(process.env.MAKE_TINY_MODEL ?? '../../scripts/make-tiny-model', [command, folder], { stdio: 'inherit' });
  const images = join(folder, 'scenes', 'images', 'test');
  return {
    folder,
    model: join(folder, 'tiny.safetensors'),
    images: readdirSync(images).sort().map((name) => join(images, name)),
    remove: () => rmSync(folder, { recursive: true }),
  };
}

/** A server of the model on a free port; resolves when it listens. */
export async function startServer(model, { options = [], token = '' } = {}) {
  const child = spawn(command, ['serve', '--model', model, '--port', '0', '--quiet', ...options], {
    // An empty one is refused.
    env: { ...process.env, FOCUS_DETR_TOKEN: token || undefined },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const url = await new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
    child.stdout.on('data', (text) => {
      const found = /http:\/\/\S+/.exec(text);
      if (found) resolve(found[0]);
    });
  });
  return {
    url,
    /** What the API says about an image. */
    detect: async (path, query) => {
      const answer = await fetch(`${url}/v1/detect?${query}`, { method: 'POST', body: readFileSync(path) });
      return (await answer.json()).images[0];
    },
    stop: () => {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

/** Debian's browser, without what it would like to fetch for itself, with a camera that is none. */
export function startBrowser() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream',
    ],
  });
}
