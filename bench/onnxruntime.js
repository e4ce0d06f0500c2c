// How long ONNX Runtime takes for a graph that `focus-detr export` wrote, on the noise that `focus-detr benchmark` means.
// Usage: node onnxruntime.js MODULES GRAPH HEIGHT WIDTH THREADS REPEAT; MODULES holds onnxruntime-node.
// Prints the median in milliseconds.
'use strict';
const path = require('path');

async function main([modules, graph, height, width, threads, repeat]) {
  const ort = require(path.resolve(modules, 'onnxruntime-node'));
  const session = await ort.InferenceSession.create(graph, {
    intraOpNumThreads: Number(threads),
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
  });
  const [h, w] = [Number(height), Number(width)];
  const pixels = Float32Array.from({ length: 3 * h * w }, () => 4 * Math.random() - 2);
  const feeds = {
    pixels: new ort.Tensor('float32', pixels, [1, 3, h, w]),
    padding_mask: new ort.Tensor('bool', new Uint8Array(h * w), [1, h, w]),
  };
  const times = [];
  for (let run = -1; run < Number(repeat); ++run) {
    const begin = process.hrtime.bigint();
    await session.run(feeds);
    // The first run allocates.
    if (run >= 0) times.push(Number(process.hrtime.bigint() - begin) / 1e6);
  }
  times.sort((a, b) => a - b);
  console.log(times[Math.floor(times.length / 2)].toFixed(2));
}

main(process.argv.slice(2)).catch((error) => {
  console.error(String(error.message || error));
  process.exit(1);
});
