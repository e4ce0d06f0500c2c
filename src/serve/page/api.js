// The requests of the page to the server.

let token = '';

/** From now on, requests send this bearer token. */
export function useToken(value) {
  token = value;
}

/** An error: the HTTP status (0: no answer at all) and the server's message. */
export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function ask(path, options = {}) {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  let response;
  try {
    response = await fetch(path, { ...options, headers });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new ApiError(0, 'The server does not answer. Is it still running?');
  }
  const text = await response.text();
  let answer = {};
  try {
    answer = JSON.parse(text);
  } catch {
    // The answer is not JSON: a proxy between the page and the server sent it.
  }
  if (!response.ok) throw new ApiError(response.status, answer.error ?? `The server answered ${response.status}.`);
  return answer;
}

/** Classes and options of the model. */
export function describeModel() {
  return ask('/v1/model');
}

/**
 * Detects in an image. Waits and tries again while the server is overloaded.
 * @param {Blob} blob the encoded image
 * @param {{keep: number|null, explain: boolean, signal: AbortSignal}} how
 * @returns the answer's first image, with its times in milliseconds
 */
export async function look(blob, { keep, explain, signal }) {
  const tries = 4;
  const query = new URLSearchParams({ threshold: '0.01', max: '300' });
  if (keep !== null) query.set('keep', String(keep));
  const path = `${explain ? '/v1/explain' : '/v1/detect'}?${query}`;
  for (let attempt = 1; ; ++attempt) {
    const start = performance.now();
    try {
      const answer = await ask(path, { method: 'POST', body: blob, signal });
      return { ...answer.images[0], times: { ...answer.milliseconds, trip: performance.now() - start } };
    } catch (error) {
      if (error.status !== 503 || attempt === tries) throw error;
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
}
