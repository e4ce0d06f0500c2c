// The page: shows an image with the detections on top. All state is in `state`; show() draws it.

import { describeModel, look, useToken } from './api.js';
import {
  classColour, drawBoxes, drawForeground, drawImage, drawSampled, drawTokens, drawWork,
} from './drawing.js';
import { Camera, readImage } from './image.js';

const element = (id) => document.getElementById(id);
const canvas = element('canvas');

const state = {
  classes: [],
  ownKeep: null, // keep ratio of the model; null until it is known
  image: null, // { bitmap, blob }
  result: null, // what look() returned for it
  explained: false, // whether the result says where the model looked
  view: 'boxes',
  step: { tokens: 1, foreground: 1 }, // layer and level, from 1
  chosen: 0, // index of the chosen detection among those shown
  marked: false, // whether the user chose that detection
  camera: null,
};

let running = null; // AbortController of the current request

const threshold = () => Number(element('threshold').value);
const shown = () => state.result?.detections.filter((one) => one.score >= threshold()) ?? [];
const colourOf = (detection) => classColour(state.classes.findIndex((one) => one.id === detection.category_id));
const milliseconds = (value) => `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ms`;

function showError(message) {
  element('error').textContent = message ?? '';
  element('error').hidden = !message;
}

function showFailure(error) {
  if (error.name === 'AbortError') return;
  if (error.status === 401) {
    element('token-form').hidden = false;
    element('token').focus();
  }
  showError(error.message);
}

function showList(detections) {
  const list = element('detections');
  const focused = [...list.querySelectorAll('button')].indexOf(document.activeElement);
  list.replaceChildren(...detections.map((detection, i) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.dataset.bbox = JSON.stringify(detection.bbox);
    button.setAttribute('aria-pressed', String(state.marked && i === state.chosen));
    const swatch = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    swatch.setAttribute('viewBox', '0 0 1 1');
    swatch.setAttribute('aria-hidden', 'true');
    const square = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
    square.setAttribute('width', '1');
    square.setAttribute('height', '1');
    square.setAttribute('fill', colourOf(detection));
    swatch.append(square);
    const name = document.createElement('span');
    name.textContent = detection.category;
    const score = document.createElement('span');
    score.className = 'score';
    score.textContent = detection.score.toFixed(2);
    button.append(swatch, name, score);
    button.addEventListener('click', () => {
      state.marked = !(state.marked && state.chosen === i);
      state.chosen = i;
      show();
    });
    const item = document.createElement('li');
    item.append(button);
    return item;
  }));
  if (focused >= 0) list.querySelectorAll('button')[Math.min(focused, detections.length - 1)]?.focus();
}

function showStep() {
  const { result, view, explained } = state;
  const layered = explained && view === 'tokens';
  const levelled = explained && view === 'foreground' && result.levels[0].foreground;
  element('step-field').hidden = !layered && !levelled;
  if (!layered && !levelled) return;
  const most = (layered ? result.layers : result.levels).length;
  state.step[view] = Math.min(state.step[view], most);
  const step = state.step[view];
  element('step').max = most;
  element('step').value = step;
  element('step-label').textContent = layered ? 'Encoder layer' : 'Level, finest first';
  element('step-value').textContent = `${step} of ${most}`;
  const layer = result.layers[step - 1];
  const level = result.levels[step - 1];
  element('step-hint').textContent = layered
    ? `works on ${(100 * layer.share_of_tokens).toFixed(1)} % of the tokens`
      + (layer.fine_grained.length ? `; dots: ${layer.fine_grained.length} fine-grained ones` : '')
    : `${level.width} × ${level.height} tokens; bright: foreground`;
}

function drawView(detections) {
  const { result, view, explained } = state;
  const boxes = () => drawBoxes(canvas, detections, state.marked ? detections[state.chosen] : null, colourOf);
  if (!explained || view === 'boxes') return boxes();
  if (view === 'tokens') return drawTokens(canvas, result.levels, result.layers[state.step.tokens - 1]);
  if (view === 'work') return drawWork(canvas, result.work);
  if (view === 'foreground') {
    if (result.levels[0].foreground) return drawForeground(canvas, result.levels[state.step.foreground - 1]);
    showError('This model does not score tokens.');
    return boxes();
  }
  const detection = detections[state.chosen] ?? detections[0];
  if (!detection) return undefined;
  drawSampled(canvas, detection);
  return drawBoxes(canvas, [detection], null, colourOf);
}

function show() {
  element('threshold-value').textContent = threshold().toFixed(2);
  const keep = Number(element('keep').value);
  element('keep-value').textContent = `${keep.toFixed(2)}${keep === state.ownKeep ? ' (the model’s)' : ''}`;
  if (!state.image) return;
  element('invitation').hidden = true;
  canvas.hidden = false;
  drawImage(canvas, state.image.bitmap);
  const detections = shown();
  showStep();
  showList(detections);
  element('found').textContent = state.result ? `Detections: ${detections.length}` : 'Detections';
  if (!state.result) return;
  drawView(detections);
  canvas.setAttribute('aria-label', `Image with ${detections.length} detections`);
  canvas.dataset.view = state.explained || state.view === 'boxes' ? state.view : 'boxes';
  for (const [name, value] of Object.entries(state.result.times)) {
    element(`time-${name}`).textContent = milliseconds(value);
  }
}

/** Sends the image to the server; cancels an earlier request. */
async function run() {
  if (!state.image) return;
  running?.abort();
  const own = new AbortController();
  running = own;
  element('busy').hidden = Boolean(state.camera);
  const explain = state.view !== 'boxes';
  const keep = Number(element('keep').value);
  try {
    const { image } = state;
    const result = await look(image.blob, { keep: keep === state.ownKeep ? null : keep, explain, signal: own.signal });
    if (running !== own) return;
    Object.assign(state, { result, explained: explain });
    showError();
    show();
  } catch (error) {
    if (running === own) showFailure(error);
  } finally {
    if (running === own) element('busy').hidden = true;
  }
}

/** Returns a function that runs `action` once it was not called for `wait` milliseconds. */
function later(action, wait) {
  let timer;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(action, wait);
  };
}

async function takeImage(file) {
  if (!file) return;
  await stopCamera();
  try {
    const image = await readImage(file);
    Object.assign(state, { image, result: null, explained: false, chosen: 0, marked: false });
    showError();
    show();
    await run();
  } catch (error) {
    showFailure(error);
  }
}

async function stopCamera() {
  state.camera?.close();
  state.camera = null;
  element('camera').setAttribute('aria-pressed', 'false');
  element('camera').textContent = 'Use the camera';
}

async function startCamera() {
  const camera = new Camera();
  try {
    await camera.open();
    state.camera = camera;
    element('camera').setAttribute('aria-pressed', 'true');
    element('camera').textContent = 'Stop the camera';
    // Take the next frame when the last one was answered.
    while (state.camera === camera) {
      const image = await camera.frame();
      if (state.camera !== camera) break;
      state.image = image;
      await run();
      if (!element('error').hidden) break;
    }
  } catch (error) {
    showFailure(error);
  }
  camera.close();
  if (state.camera === camera) await stopCamera();
}

async function describe() {
  try {
    const model = await describeModel();
    element('model').textContent = `${model.name} · ${model.architecture} · ${model.categories.length} classes`;
    state.classes = model.categories;
    state.ownKeep = model.keep_ratio;
    // A detector that works on all tokens has no keep ratio to choose.
    element('keep-field').hidden = model.keep_ratio === 1;
    element('keep').value = model.keep_ratio;
    state.ownKeep = Number(element('keep').value);
    element('token-form').hidden = true;
    showError();
    show();
  } catch (error) {
    showFailure(error);
  }
}

element('file').addEventListener('change', (event) => {
  takeImage(event.target.files[0]);
  event.target.value = ''; // So that the same file can be chosen again.
});
element('camera').addEventListener('click', () => (state.camera ? stopCamera() : startCamera()));
element('threshold').addEventListener('input', show);
const runSoon = later(run, 150);
element('keep').addEventListener('input', () => {
  show();
  runSoon();
});
element('views').addEventListener('change', (event) => {
  state.view = event.target.value;
  showError();
  if (state.view === 'boxes' || state.explained) show();
  else run();
});
element('step').addEventListener('input', (event) => {
  state.step[state.view] = Number(event.target.value);
  show();
});
element('token-form').addEventListener('submit', (event) => {
  event.preventDefault();
  useToken(element('token').value);
  describe().then(run);
});
document.addEventListener('paste', (event) => takeImage(event.clipboardData.files[0]));
const drop = element('drop');
for (const kind of ['dragenter', 'dragover']) {
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    drop.classList.add('over');
  });
}
for (const kind of ['dragleave', 'drop']) document.addEventListener(kind, () => drop.classList.remove('over'));
document.addEventListener('drop', (event) => {
  event.preventDefault();
  takeImage(event.dataTransfer.files[0]);
});
addEventListener('resize', later(show, 100));

describe();
