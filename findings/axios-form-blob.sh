#!/usr/bin/env bash
# In node, axios refuses in one way of sending a form what it takes in another.
#
# Seen with axios 1.21.1, form-data 4.0.6, node 20.20.2, against node's own http server:
#   axios.post(url, form), a FormData with a Blob        sent, with its file name
#   axios.post(url, blob)                                sent
#   axios.postForm(url, {image: blob})                   AxiosError "Blob is not supported. Use a Buffer instead."
#   axios.postForm(url, {image: file})                   TypeError "source.on is not a function"
#   axios.postForm(url, {image: buffer})                 sent, without a file name: for many servers no file
# For node axios makes the form of postForm with the package form-data, which knows buffers and streams
# alone, although node has had FormData, Blob and File of its own since version 20. What to do: make a FormData and post that.
# Ends with 1 if any of this is no longer so.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$place"
echo '{"private": true, "type": "module"}' >package.json
npm install --ignore-scripts --no-audit --no-fund --loglevel=error axios@1.21.1 form-data@4.0.6 >npm.log 2>&1 || { cat npm.log >&2; exit 1; }
cat >ask.mjs <<'JS'
import http from 'node:http';
import axios from 'axios';

const server = http.createServer(async (request, response) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  const body = Buffer.concat(parts).toString('latin1');
  response.end(JSON.stringify({ bytes: (body.match(/x/g) ?? []).length, named: body.includes('filename=') }));
}).listen(0, '127.0.0.1');
await new Promise((resolve) => server.on('listening', resolve));
const url = `http://127.0.0.1:${server.address().port}/`;

const bytes = 'x'.repeat(1000);
const blob = new Blob([bytes]);
const form = new FormData();
form.append('image', blob, 'photo');
const ways = {
  'post FormData of a Blob': [() => axios.post(url, form), 'sent, named'],
  'post Blob': [() => axios.post(url, blob), 'sent, not named'],
  'postForm Blob': [() => axios.postForm(url, { image: blob }), 'AxiosError: Blob is not supported. Use a Buffer instead.'],
  'postForm File': [() => axios.postForm(url, { image: new File([blob], 'photo') }), 'TypeError: source.on is not a function'],
  'postForm Buffer': [() => axios.postForm(url, { image: Buffer.from(bytes) }), 'sent, not named'],
};
let changed = 0;
for (const [way, [ask, expected]] of Object.entries(ways)) {
  let said;
  try {
    const { data } = await ask();
    said = data.bytes >= 1000 ? `sent, ${data.named ? 'named' : 'not named'}` : `${data.bytes} bytes`;
  } catch (error) {
    said = `${error.name}: ${error.message}`;
  }
  changed += said !== expected;
  console.log(`${way}: ${said}${said === expected ? '' : `  (was: ${expected})`}`);
}
server.close();
process.exit(changed === 0 ? 0 : 1);
JS
node ask.mjs
