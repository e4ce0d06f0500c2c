// Runs an ONNX file in ONNX Runtime for `focus-detr export`.
// Usage: node onnx_runtime.js MODULES MODEL FOLDER THREADS
// MODULES contains onnxruntime-node. FOLDER/inputs.json lists the cases: [{name: {type, dims, file}}]; each file has
// the raw values of its tensor. Writes FOLDER/outputs.json and its files in the same form, or FOLDER/error.txt.
'use strict';
const fs = require('fs');
const path = require('path');

const arrays = { float32: Float32Array, int64: BigInt64Array, uint8: Uint8Array, bool: Uint8Array };

function readTensor(ort, folder, { type, dims, file }) {
  const bytes = fs.readFileSync(path.join(folder, file));
  const values = new arrays[type](bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  return new ort.Tensor(type, values, dims);
}

function writeTensor(folder, file, tensor) {
  const { data } = tensor;
  fs.writeFileSync(path.join(folder, file), Buffer.from(data.buffer, data.byteOffset, data.byteLength));
  return { type: tensor.type, dims: tensor.dims, file };
}

async function main([modules, model, folder, threads]) {
  const ort = require(path.resolve(modules, 'onnxruntime-node'));
  const session = await ort.InferenceSession.create(model, {
    intraOpNumThreads: Number(threads),
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
  });
  const cases = JSON.parse(fs.readFileSync(path.join(folder, 'inputs.json'), 'utf8'));
  const results = [];
  for (const [index, inputs] of cases.entries()) {
    const feeds = {};
    for (const [name, tensor] of Object.entries(inputs)) feeds[name] = readTensor(ort, folder, tensor);
    const outputs = await session.run(feeds);
    const written = {};
    for (const [name, tensor] of Object.entries(outputs)) {
      written[name] = writeTensor(folder, `output.${index}.${name}`, tensor);
    }
    results.push(written);
  }
  fs.writeFileSync(path.join(folder, 'outputs.json'), JSON.stringify({ version: ort.env.versions.node, results }));
}

main(process.argv.slice(2)).catch((error) => {
  fs.writeFileSync(path.join(process.argv[4], 'error.txt'), String(error.message || error));
  process.exit(1);
});
