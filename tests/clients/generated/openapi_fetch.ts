// openapi-fetch over the types that openapi-typescript generates from /openapi.json.
import { openAsBlob } from 'node:fs';
import createClient from 'openapi-fetch';
import type { paths } from './openapi.js';
import { print, strict, type Row } from './print.js';

const [url, folder] = process.argv.slice(2) as [string, string];
const client = createClient<paths>({ baseUrl: url });

async function found(threshold?: number): Promise<Row[][]> {
  const image = await openAsBlob(`${folder}/photo.jpg`);
  const { data, error } = await client.POST('/v1/detect', {
    params: { query: { threshold } },
    // Its types have a string for binary data; its manual has the form made in a serializer.
    body: { image: [''] },
    bodySerializer: () => {
      const form = new FormData();
      form.append('image', image, 'photo.jpg');
      return form;
    },
  });
  if (error || !data) throw new Error(JSON.stringify(error));
  return data.images.map((one) => one.detections.map((d): Row => [d.category_id, d.score, ...d.bbox]));
}

await print('openapi-fetch', "POST('/v1/detect')", ['photo'], () => found());
await print('openapi-fetch', 'query: { threshold: T }', ['strict'], () => found(strict));
await print('openapi-fetch', "GET('/v1/model')", [], async () => {
  const { data } = await client.GET('/v1/model');
  if (!data?.categories.length) throw new Error('no categories');
  return [];
});
