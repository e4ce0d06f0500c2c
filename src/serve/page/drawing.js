// Draws an image and the model's results on a canvas that has as many pixels as the image.

/** The colour of a class, as in images drawn by the command. Neighbouring classes differ clearly. */
export function classColour(index) {
  const hue = (0.58 + 0.6180339887498949 * index) % 1;
  const [saturation, value] = [[0.85, 1], [0.5, 1], [0.9, 0.7]][Math.floor(index / 8) % 3];
  const channel = (offset) => {
    const k = (offset + hue * 6) % 6;
    return Math.round(255 * (value - value * saturation * Math.max(0, Math.min(k, 4 - k, 1))));
  };
  return `rgb(${channel(5)}, ${channel(3)}, ${channel(1)})`;
}

const LEVEL_COLOURS = ['#4cc9f0', '#90f048', '#ffc857', '#ff5d8f', '#c08bff'];
const HEAT = [[12, 8, 60], [120, 20, 130], [220, 60, 90], [255, 160, 50], [255, 250, 160]];

function heat(value) {
  const place = Math.min(Math.max(value, 0), 1) * (HEAT.length - 1);
  const below = Math.min(Math.floor(place), HEAT.length - 2);
  return HEAT[below].map((from, i) => from + (HEAT[below + 1][i] - from) * (place - below));
}

/** Canvas pixels per screen pixel, to draw lines and letters in the same size whatever the image. */
function screenPixel(canvas) {
  return canvas.width / (canvas.clientWidth || canvas.width);
}

/** Draws rows of cells over the whole canvas; `colourOf(value)` returns [r, g, b, a]. */
function drawCells(canvas, rows, colourOf) {
  const cells = new ImageData(rows[0].length, rows.length);
  rows.flat().forEach((value, i) => cells.data.set(colourOf(value), 4 * i));
  const small = new OffscreenCanvas(cells.width, cells.height);
  small.getContext('2d').putImageData(cells, 0, 0);
  const context = canvas.getContext('2d');
  context.imageSmoothingEnabled = false;
  context.drawImage(small, 0, 0, canvas.width, canvas.height);
}

function drawHeat(canvas, rows, largest) {
  drawCells(canvas, rows, (value) => [...heat(value / largest), 170]);
}

/** Draws the image; the canvas gets its size. */
export function drawImage(canvas, bitmap) {
  canvas.width = bitmap.width;
  canvas.height = bitmap.height;
  canvas.style.setProperty('--ratio', bitmap.width / bitmap.height);
  canvas.getContext('2d').drawImage(bitmap, 0, 0);
}

/** Draws boxes with their names, the best on top. If there is a `chosen` one, the others are faint. */
export function drawBoxes(canvas, detections, chosen, colourOf) {
  const context = canvas.getContext('2d');
  const pixel = screenPixel(canvas);
  context.font = `600 ${13 * pixel}px system-ui, sans-serif`;
  context.textBaseline = 'top';
  for (const detection of [...detections].reverse()) {
    const [x, y, width, height] = detection.bbox;
    const colour = colourOf(detection);
    context.globalAlpha = chosen && chosen !== detection ? 0.35 : 1;
    context.strokeStyle = colour;
    context.lineWidth = (chosen === detection ? 4 : 2) * pixel;
    context.strokeRect(x, y, width, height);
    const text = `${detection.category} ${detection.score.toFixed(2)}`;
    const tall = 18 * pixel;
    const wide = context.measureText(text).width + 8 * pixel;
    const left = Math.max(0, Math.min(x, canvas.width - wide));
    const top = y >= tall ? y - tall : y;
    context.fillStyle = colour;
    context.fillRect(left, top, wide, tall);
    context.fillStyle = '#0b1420';
    context.fillText(text, left + 4 * pixel, top + 2.5 * pixel);
  }
  context.globalAlpha = 1;
}

/** Draws the foreground score of one level. */
export function drawForeground(canvas, level) {
  drawHeat(canvas, level.foreground, 1);
}

/** Draws the encoder's work per place: the most is brightest. */
export function drawWork(canvas, work) {
  drawHeat(canvas, work.values, Math.max(...work.values.flat(), Number.MIN_VALUE));
}

function levelOf(levels, token) {
  let level = levels.length - 1;
  while (token < levels[level].first_token) --level;
  return level;
}

/** Darkens what one layer does not work on; places kept in more levels are brighter. Dots: fine-grained tokens. */
export function drawTokens(canvas, levels, layer) {
  const finest = levels[0];
  const rows = Array.from({ length: finest.height }, () => new Array(finest.width).fill(0));
  for (const token of layer.updated) {
    const grid = levels[levelOf(levels, token)];
    const row = Math.floor((token - grid.first_token) / grid.width);
    const column = (token - grid.first_token) % grid.width;
    const bottom = Math.ceil(((row + 1) * finest.height) / grid.height);
    const right = Math.ceil(((column + 1) * finest.width) / grid.width);
    for (let y = Math.floor((row * finest.height) / grid.height); y < bottom; ++y) {
      for (let x = Math.floor((column * finest.width) / grid.width); x < right; ++x) rows[y][x] += 1;
    }
  }
  drawCells(canvas, rows, (count) => [8, 12, 20, 215 * Math.max(0, 1 - count / levels.length)]);
  const context = canvas.getContext('2d');
  const radius = 2 * screenPixel(canvas);
  for (const token of layer.fine_grained) {
    const index = levelOf(levels, token);
    const grid = levels[index];
    const place = token - grid.first_token;
    const x = (((place % grid.width) + 0.5) / grid.width) * canvas.width;
    const y = ((Math.floor(place / grid.width) + 0.5) / grid.height) * canvas.height;
    context.fillStyle = LEVEL_COLOURS[index % LEVEL_COLOURS.length];
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.fill();
  }
}

/** Draws where the decoder sampled for one detection; larger dots have more weight. */
export function drawSampled(canvas, detection) {
  const context = canvas.getContext('2d');
  const pixel = screenPixel(canvas);
  context.fillStyle = 'rgb(8 12 20 / 45%)';
  context.fillRect(0, 0, canvas.width, canvas.height);
  for (const [x, y, weight, level] of detection.sampled) {
    context.fillStyle = LEVEL_COLOURS[level % LEVEL_COLOURS.length];
    context.globalAlpha = 0.8;
    context.beginPath();
    context.arc(x, y, (1 + 9 * Math.sqrt(weight)) * pixel, 0, 2 * Math.PI);
    context.fill();
  }
  context.globalAlpha = 1;
}
