// Inputs as users pass them to inputs as the engine takes them, on the caller's thread.
import type { Input as HeldInput } from './engine/input.js';
import { pixelBytes } from './engine/pixels.js';
import { requireAttached } from './attached.js';
import { describe, SluiceError } from './errors.js';
import { isWindow, takeWindow } from './intake-window.js';
import { jpegGiven, readJpegHead, standsFor } from './jpeg-file.js';
import type { Frame, Input, PixelFrame } from './types.js';

export interface Intake {
  readonly input: HeldInput;
  readonly transfer: readonly Transferable[];
  readonly timestamp: number | undefined;
  /** Of a picture; 0 for other inputs. */
  readonly width: number;
  readonly height: number;
}

const formats = new Set(['rgba', 'rgb', 'bgr', 'bgra', 'gray', 'i420', 'nv12']);
const yuvColours = new Set(['bt601', 'bt601-full', 'bt709', 'bt709-full']);

/**
 * `own`: the frame is ours to close, so its handle itself goes to the engine; otherwise a clone of it does. `files`: a JPEG file goes with
 * the picture that was read from it. Answers at once for all but files, canvases and elements, whose pictures browsers hand out later.
 */
export function takeIn(frame: Input, own: boolean, files = false): Intake | Promise<Intake> {
  if (isA(frame, 'VideoFrame')) return fromVideoFrame(frame as VideoFrame, own);
  if (isA(frame, 'ImageBitmap')) return fromBitmap(frame as ImageBitmap, own);
  if (isA(frame, 'ImageData')) return fromPixels(frame as ImageData, undefined, false);
  if (isA(frame, 'Blob')) return fromFile(frame as Blob, files);
  if (['HTMLCanvasElement', 'OffscreenCanvas', 'HTMLVideoElement', 'HTMLImageElement'].some((name) => isA(frame, name))) {
    return fromElement(frame as HTMLCanvasElement);
  }
  if (isWindow(frame)) {
    const window = takeWindow(frame);
    return { input: { type: 'window', window }, transfer: [window.data.buffer as ArrayBuffer], timestamp: frame.timestamp, width: 0, height: 0 };
  }
  if (isPixelFrame(frame)) return fromPixels(frame, frame.timestamp, files);
  throw new SluiceError('invalid_image', `an input of type ${typeName(frame)} is not understood`, {
    hint: 'pass ImageData, ImageBitmap, VideoFrame, a canvas, a video or image element, a Blob, { data, width, height, format }, or a window: { samples }, { values }, { text }, { tensor }',
  });
}

/** Ends the handle of a frame that nobody will look at any more. */
export function closeFrame(frame: Input): void {
  if (isA(frame, 'VideoFrame') || isA(frame, 'ImageBitmap')) (frame as VideoFrame | ImageBitmap).close();
}

// By name, since none of these classes exists in Node, nor all of them in every browser.
function isA(frame: unknown, name: string): boolean {
  const type = (globalThis as Record<string, unknown>)[name];
  return typeof type === 'function' && frame instanceof type;
}

function typeName(value: unknown): string {
  return (typeof value === 'object' && value !== null && value.constructor?.name) || typeof value;
}

function isPixelFrame(frame: unknown): frame is PixelFrame {
  return typeof frame === 'object' && frame !== null && 'data' in frame && 'width' in frame && 'height' in frame;
}

function fromPixels(frame: PixelFrame | ImageData, timestamp: number | undefined, files: boolean): Intake {
  const { data, width, height } = frame;
  const format = 'format' in frame && frame.format !== undefined ? frame.format : 'rgba';
  if (!formats.has(format)) {
    throw new SluiceError('invalid_image', `the pixel format '${format}' is not known`, { hint: `use one of ${[...formats].join(', ')}` });
  }
  const yuv = 'yuv' in frame ? frame.yuv : undefined;
  if (yuv !== undefined && !yuvColours.has(yuv)) {
    throw new SluiceError('invalid_image', `the colours '${yuv}' are not known`, { hint: `use one of ${[...yuvColours].join(', ')}` });
  }
  if (!isSide(width) || !isSide(height)) {
    throw new SluiceError('invalid_image', `a picture of ${width} x ${height} is not possible; sides are whole numbers from 1 to 16384`);
  }
  if (!(data instanceof Uint8Array || data instanceof Uint8ClampedArray)) {
    throw new SluiceError('invalid_image', `pixels come as Uint8Array or Uint8ClampedArray, not ${typeName(data)}`);
  }
  requireAttached(data, 'data', 'invalid_image');
  const needed = pixelBytes(format, width, height);
  if (data.length < needed) {
    throw new SluiceError('invalid_image', `${format} of ${width} x ${height} takes ${needed} bytes; there are ${data.length}`);
  }
  const file = 'jpeg' in frame && frame.jpeg !== undefined ? jpegGiven(frame.jpeg, width, height) : undefined;
  // A copy, since the caller's array is the caller's to change; the copy then moves to the worker.
  const copy = data.slice(0, needed);
  const pixels = { data: copy, width, height, format, yuv };
  return withFile({ input: { type: 'pixels', pixels }, transfer: [copy.buffer as ArrayBuffer], timestamp, width, height }, files ? file : undefined);
}

function withFile(intake: Intake, jpeg: Uint8Array | undefined): Intake {
  const { input, transfer } = intake;
  if (jpeg === undefined || input.type === 'window') return intake;
  return { ...intake, input: { ...input, jpeg }, transfer: [...transfer, jpeg.buffer as ArrayBuffer] };
}

/** An encoded picture: upright in its own size, as browsers show it. */
async function fromFile(file: Blob, files: boolean): Promise<Intake> {
  if (typeof createImageBitmap === 'undefined') {
    throw new SluiceError('unsupported_environment', 'encoded pictures are read by browsers, and this is none', {
      hint: 'pass { data, width, height, format, jpeg }',
    });
  }
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch (cause) {
    throw new SluiceError('invalid_image', `a file of ${file.size} bytes${file.type === '' ? '' : `, ${file.type},`} is no picture that this browser reads`, {
      cause,
    });
  }
  const { width, height } = bitmap;
  const bytes = files ? new Uint8Array(await file.arrayBuffer()) : undefined;
  const head = bytes && readJpegHead(bytes);
  return withFile(fromBitmap(bitmap, true), head !== undefined && standsFor(head, width, height) ? bytes : undefined);
}

function isSide(side: number): boolean {
  return Number.isInteger(side) && side >= 1 && side <= 16_384;
}

function fromVideoFrame(frame: VideoFrame, own: boolean): Intake {
  const { displayWidth: width, displayHeight: height, timestamp } = frame;
  if (frame.format === null && width === 0) throw new SluiceError('invalid_image', 'the VideoFrame is closed');
  const image = own ? frame : frame.clone();
  return { input: { type: 'browser', image, width, height }, transfer: [image], timestamp, width, height };
}

function fromBitmap(bitmap: ImageBitmap, own: boolean): Intake {
  const { width, height } = bitmap;
  if (width === 0) throw new SluiceError('invalid_image', 'the ImageBitmap is closed');
  const image = handleOf(bitmap, own);
  return { input: { type: 'browser', image, width, height }, transfer: [image], timestamp: undefined, width, height };
}

/**
 * A handle to a bitmap's pixels for the engine, closed with the bitmap where that is ours: as a frame, which shares them, where there
 * are frames. It is made here and not in the worker, where WebKit shows a canvas's bitmap before the canvas is drawn.
 */
function handleOf(bitmap: ImageBitmap, own: boolean): VideoFrame | ImageBitmap {
  const frame = framed(bitmap);
  if (frame === undefined) return own ? bitmap : structuredClone(bitmap);
  if (own) bitmap.close();
  return frame;
}

function framed(bitmap: ImageBitmap): VideoFrame | undefined {
  if (typeof VideoFrame === 'undefined') return undefined;
  try {
    return new VideoFrame(bitmap, { timestamp: 0 });
  } catch {
    return undefined; // drawing it tells what is wrong, if anything is
  }
}

type Element = HTMLCanvasElement | OffscreenCanvas | HTMLVideoElement | HTMLImageElement;

function fromElement(element: Element): Intake | Promise<Intake> {
  // A video's frame as it was decoded; a bitmap of it would be converted to RGBA first.
  if (!isA(element, 'HTMLVideoElement') || typeof VideoFrame === 'undefined') return fromBitmapOf(element);
  try {
    return fromVideoFrame(new VideoFrame(element as HTMLVideoElement), true);
  } catch (cause) {
    throw unreadable(element, cause);
  }
}

async function fromBitmapOf(element: Element): Promise<Intake> {
  try {
    return fromBitmap(await createImageBitmap(element), true);
  } catch (cause) {
    throw unreadable(element, cause);
  }
}

function unreadable(element: Element, cause: unknown): SluiceError {
  return new SluiceError('invalid_image', `the ${typeName(element)} has no readable picture: ${describe(cause)}`, {
    cause,
    hint: 'wait until it is loaded; pictures of other origins need CORS',
  });
}
