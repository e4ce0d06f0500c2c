// Images from files and from the camera, in forms that the browser can draw and the server can read.

const READ_BY_SERVER = ['image/jpeg', 'image/png', 'image/webp', 'image/bmp'];

function encode(bitmap, quality) {
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  canvas.getContext('2d').drawImage(bitmap, 0, 0);
  return canvas.convertToBlob({ type: 'image/jpeg', quality });
}

/**
 * Reads an image. Formats that the server may not support (GIF, AVIF, HEIC) are converted to JPEG.
 * @param {Blob} file
 * @returns {Promise<{bitmap: ImageBitmap, blob: Blob}>}
 */
export async function readImage(file) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    const name = file.name ? `“${file.name}”` : 'This';
    throw new Error(`${name} is not an image that can be read. Choose a JPEG, PNG, WebP or BMP file.`);
  }
  return { bitmap, blob: READ_BY_SERVER.includes(file.type) ? file : await encode(bitmap, 0.95) };
}

/** A camera, frame by frame. */
export class Camera {
  #stream;
  #video = document.createElement('video');

  /** Asks for the camera; rejects with a readable error if there is none. */
  async open() {
    if (!navigator.mediaDevices) throw new Error('Browsers allow the camera only on localhost or over HTTPS.');
    try {
      this.#stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
    } catch (error) {
      throw new Error(`The camera cannot be used: ${error.message}`);
    }
    this.#video.srcObject = this.#stream;
    this.#video.muted = true;
    this.#video.playsInline = true;
    await this.#video.play();
  }

  /** The current frame. */
  async frame() {
    const bitmap = await createImageBitmap(this.#video);
    return { bitmap, blob: await encode(bitmap, 0.85) };
  }

  close() {
    this.#stream?.getTracks().forEach((track) => track.stop());
  }
}
