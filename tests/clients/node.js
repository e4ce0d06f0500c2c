// node's fetch, and axios. Usage: node.js URL FOLDER
import { createReadStream, openAsBlob, readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import axios from 'axios';
import Form from 'form-data';

const [url, folder] = process.argv.slice(2);
const path = `${folder}/photo.jpg`;
const { strict } = JSON.parse(readFileSync(`${folder}/names.json`));
const detect = `${url}/v1/detect`;
const photo = readFileSync(path);
const pixels = readFileSync(`${folder}/pixels.png`);

const rowsOf = (answer) => answer.images.map(
  (image) => image.detections.map((d) => [d.category_id, d.score, ...d.bbox]));

async function found(client, version, form, of, ask) {
  const line = { client, version, form };
  try {
    Object.assign(line, { of, rows: rowsOf(await ask()) });
  } catch (error) {
    const more = error.response?.data ? JSON.stringify(error.response.data) : (error.cause ?? '');
    line.error = `${error.message} ${more}`;
  }
  console.log(JSON.stringify(line));
}

async function post(options, query = '') {
  const answer = await fetch(detect + query, { method: 'POST', ...options });
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`${answer.status}: ${text.slice(0, 200)}`);
  return JSON.parse(text);
}

function form(...files) {
  const data = new FormData();
  for (const [name, bytes] of files) data.append('image', new Blob([bytes]), name);
  return data;
}

const byFetch = (name, ask, of = ['photo']) => found('node fetch', process.version, name, of, ask);
await byFetch('Blob', async () => post({ body: await openAsBlob(path) }));
await byFetch('Blob of image/jpeg', async () => post({ body: new Blob([photo], { type: 'image/jpeg' }) }));
await byFetch('Buffer', () => post({ body: photo }));
await byFetch('stream, duplex half', () => post({ body: Readable.toWeb(createReadStream(path)), duplex: 'half' }));
await byFetch('FormData', () => post({ body: form(['photo.jpg', photo]) }));
await byFetch('FormData, two', () => post({ body: form(['a.jpg', photo], ['b.png', pixels]) }), ['photo', 'pixels']);
await byFetch('FormData with threshold', () => {
  const data = form(['photo.jpg', photo]);
  data.append('threshold', strict);
  return post({ body: data });
}, ['strict']);

const byAxios = (name, ask, of = ['photo']) => found('axios', axios.VERSION, name, of, async () => (await ask()).data);
await byAxios('Buffer, its default type', () => axios.post(detect, photo));
await byAxios('Buffer, image/jpeg', () => axios.post(detect, photo, { headers: { 'Content-Type': 'image/jpeg' } }));
await byAxios('stream', () => axios.post(detect, createReadStream(path)));
await byAxios('form-data', () => {
  const data = new Form();
  data.append('image', createReadStream(path));
  return axios.post(detect, data);
});
await byAxios('form-data, Buffer', () => {
  const data = new Form();
  data.append('image', photo, 'photo.jpg');
  return axios.post(detect, data.getBuffer(), { headers: data.getHeaders() });
});
await byAxios('postForm', () => axios.postForm(detect, { image: photo, threshold: strict }), ['strict']);
