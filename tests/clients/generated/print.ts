import { readFileSync } from 'node:fs';

export type Row = number[];

/** A threshold that leaves some of what is found. */
export const strict: number = JSON.parse(readFileSync(`${process.argv[3]}/names.json`, 'utf8')).strict;

/** Prints what became of a question; run.py compares. */
export async function print(client: string, form: string, of: string[], ask: () => Promise<Row[][]>): Promise<void> {
  const packages: Record<string, string> = { 'hey-api': '@hey-api/openapi-ts', 'openapi-fetch': 'openapi-fetch' };
  const manifest = JSON.parse(readFileSync(`node_modules/${packages[client]}/package.json`, 'utf8'));
  const line: Record<string, unknown> = { client, version: manifest.version, form };
  try {
    Object.assign(line, { of, rows: await ask() });
  } catch (error) {
    line.error = String(error);
  }
  console.log(JSON.stringify(line));
}
