// A frame inside the engine: plain pixels, or a browser's own picture, kept until its frame is answered because its payload
// is made only if the frame is really sent. Whoever holds a Picture releases it.
import { writeJpeg } from './jpeg-writer.js';
import { pixelBytes, toRgb, toRgba } from './pixels.js';
import { shrink } from './shrink.js';
import { copyFrame, type Room } from './video-frame.js';
import type { EncodeWork, Encoding } from '../bindings/client.js';
import type { Pixels } from '../bindings/tensors.js';
import { SluiceError } from '../errors.js';

interface WithFile {
  /** The JPEG file that it was read from, which a server reads the same from. */
  readonly jpeg?: Uint8Array;
}
interface PixelPicture extends WithFile {
  readonly type: 'pixels';
  readonly pixels: Pixels;
}
interface BrowserPicture extends WithFile {
  readonly type: 'browser';
  readonly image: ImageBitmap | VideoFrame;
  readonly width: number;
  readonly height: number;
}

/** As it crosses to the worker. */
export type Picture = PixelPicture | BrowserPicture;

export function sizeOf(picture: Picture): { readonly width: number; readonly height: number } {
  return picture.type === 'pixels' ? picture.pixels : picture;
}

/** What keeping it costs. */
export function heldBytes(picture: Picture): number {
  const file = picture.jpeg?.length ?? 0;
  if (picture.type === 'pixels') return picture.pixels.data.length + file;
  return pixelBytes('rgba', picture.width, picture.height) + file;
}

export function release(picture: Picture): void {
  if (picture.type === 'browser') picture.image.close();
}

/** Reads and encodes pictures; keeps its canvases between frames of a size. */
export class PictureReader {
  #reading: OffscreenCanvas | undefined;
  #writing: OffscreenCanvas | undefined;
  readonly #maxJpegQuality: number;

  constructor(maxJpegQuality: number) {
    this.#maxJpegQuality = maxJpegQuality;
  }

  /**
   * At once for plain pixels. Where the browser gives a picture's bytes as they are, they come to lie in `room`; else they are
   * drawn and read back.
   */
  read(picture: Picture, room: Room): Pixels | Promise<Pixels> {
    return picture.type === 'pixels' ? picture.pixels : this.#read(picture, room);
  }

  async #read(picture: BrowserPicture, room: Room): Promise<Pixels> {
    const { image } = picture;
    const copied = typeof VideoFrame !== 'undefined' && image instanceof VideoFrame ? await copyFrame(image, room) : undefined;
    return copied ?? this.#draw(picture);
  }

  #draw({ width, height, image }: BrowserPicture): Pixels {
    this.#reading = sized(this.#reading, width, height);
    const context = context2d(this.#reading, { willReadFrequently: true });
    context.drawImage(image, 0, 0, width, height);
    return { data: context.getImageData(0, 0, width, height).data, width, height, format: 'rgba' };
  }

  /** The first of our encodings that the server takes. */
  async encode(picture: Picture, work: EncodeWork): Promise<{ encoding: Encoding; payload: Uint8Array }> {
    const accepted = work.encodings;
    const compressed = typeof OffscreenCanvas === 'undefined' ? undefined : (['jpeg', 'png'] as const).find((one) => accepted.includes(one));
    if (compressed !== undefined) return { encoding: compressed, payload: await this.#compress(picture, compressed, work) };
    const { width, height } = shrunkSize(sizeOf(picture), work.scale);
    if (work.scale < 1 && picture.type === 'pixels' && accepted.includes('jpeg')) {
      const small = shrink(toRgb(picture.pixels), picture.pixels, { width, height });
      return { encoding: 'jpeg', payload: writeJpeg(small, width, height, Math.min(work.jpegQuality, this.#maxJpegQuality)) };
    }
    if (accepted.includes('rgb')) return { encoding: 'rgb', payload: toRgb(await this.read(picture, (bytes) => new Uint8Array(bytes))) };
    throw new SluiceError('unsupported_encoding', `the server takes ${accepted.join(', ') || 'nothing'}; this runtime makes ${compressible()}`);
  }

  async #compress(picture: Picture, encoding: 'jpeg' | 'png', { scale, jpegQuality }: EncodeWork): Promise<Uint8Array> {
    const size = sizeOf(picture);
    const { width, height } = shrunkSize(size, scale);
    this.#writing = sized(this.#writing, width, height);
    const context = context2d(this.#writing, { alpha: false });
    context.imageSmoothingQuality = 'high'; // what is left out is averaged, as the model's preprocessing would
    if (picture.type === 'browser') context.drawImage(picture.image, 0, 0, width, height);
    else this.#paint(context, new ImageData(toRgba(picture.pixels), size.width, size.height), width, height);
    const blob = await this.#writing.convertToBlob({ type: `image/${encoding}`, quality: Math.min(jpegQuality, this.#maxJpegQuality) });
    if (blob.type !== `image/${encoding}`) throw new SluiceError('unsupported_encoding', `this browser does not write ${encoding}`);
    return new Uint8Array(await blob.arrayBuffer());
  }

  // Pixels can't be put smaller than they are, so those go over the canvas for reading.
  #paint(context: OffscreenCanvasRenderingContext2D, data: ImageData, width: number, height: number): void {
    if (data.width === width && data.height === height) return context.putImageData(data, 0, 0);
    this.#reading = sized(this.#reading, data.width, data.height);
    context2d(this.#reading, { willReadFrequently: true }).putImageData(data, 0, 0);
    context.drawImage(this.#reading, 0, 0, width, height);
  }
}

function shrunkSize({ width, height }: { readonly width: number; readonly height: number }, scale: number): { width: number; height: number } {
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

function compressible(): string {
  return typeof OffscreenCanvas === 'undefined' ? 'rgb' : 'jpeg, png, rgb';
}

function sized(canvas: OffscreenCanvas | undefined, width: number, height: number): OffscreenCanvas {
  if (canvas !== undefined && canvas.width === width && canvas.height === height) return canvas;
  if (typeof OffscreenCanvas === 'undefined') {
    throw new SluiceError('unsupported_environment', 'OffscreenCanvas is missing, so pictures cannot be read here', {
      hint: 'pass pixels: { data, width, height, format }',
    });
  }
  return new OffscreenCanvas(width, height);
}

function context2d(canvas: OffscreenCanvas, settings: CanvasRenderingContext2DSettings): OffscreenCanvasRenderingContext2D {
  const context = canvas.getContext('2d', settings);
  if (context === null) throw new SluiceError('unsupported_environment', 'a canvas of this size has no 2d context');
  return context;
}
