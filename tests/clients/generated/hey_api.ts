// The client that @hey-api/openapi-ts generates from /openapi.json, with nothing told about its types but what it found there.
import { openAsBlob } from 'node:fs';
import { client } from './hey/client.gen.js';
import { detect, describeModel } from './hey/index.js';
import { print, strict, type Row } from './print.js';

const [url, folder] = process.argv.slice(2) as [string, string];
client.setConfig({ baseUrl: url });

async function found(threshold?: number): Promise<Row[][]> {
  const image = await openAsBlob(`${folder}/photo.jpg`);
  const { data, error } = await detect({ body: { image: [image] }, query: { threshold } });
  if (error || !data) throw new Error(JSON.stringify(error));
  return data.images.map((one) => one.detections.map((d): Row => [d.category_id, d.score, ...d.bbox]));
}

await print('hey-api', 'detect({ body: { image: [blob] } })', ['photo'], () => found());
await print('hey-api', 'query: { threshold: T }', ['strict'], () => found(strict));
await print('hey-api', 'describeModel()', [], async () => {
  const { data } = await describeModel();
  if (!data?.categories.length) throw new Error('no categories');
  return [];
});
