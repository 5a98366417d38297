// A VideoFrame's bytes as they lie in it: which of the core's formats they are, and their copy into memory of ours. Reading
// them so is an order of magnitude faster than drawing the frame and reading the canvas, but it is for frames only whose
// pixels mean what the core takes them for: upright, square, and in colours that it knows.
import { pixelBytes } from './pixels.js';
import type { Pixels } from '../bindings/tensors.js';
import type { PixelFormat, YuvColours } from '../types.js';

/** Where a caller wants the bytes: its memory for that many, valid until the memory grows. */
export type Room = (bytes: number) => Uint8Array;

// Newer than TypeScript's own declarations.
interface Orientation {
  readonly rotation?: number;
  readonly flip?: boolean;
}

const packed: Readonly<Record<string, PixelFormat>> = { RGBA: 'rgba', RGBX: 'rgba', BGRA: 'bgra', BGRX: 'bgra' };
const planar: Readonly<Record<string, PixelFormat>> = { I420: 'i420', NV12: 'nv12' };
// Ordinary screens' and televisions' colours, near enough to each other to be taken as they are. Wide gamuts and HDR are not.
const knownPrimaries: readonly unknown[] = [null, undefined, 'bt709', 'bt470bg', 'smpte170m'];
const knownTransfers: readonly unknown[] = [null, undefined, 'bt709', 'smpte170m', 'iec61966-2-1'];

interface Form {
  readonly format: PixelFormat;
  readonly yuv: YuvColours | undefined;
}

/** undefined: the frame has to be drawn. */
function formOf(frame: VideoFrame): Form | undefined {
  const { visibleRect: visible, colorSpace } = frame;
  const { rotation = 0, flip = false } = frame as VideoFrame & Orientation;
  if (visible === null || frame.format === null || rotation !== 0 || flip) return undefined;
  if (visible.width !== frame.displayWidth || visible.height !== frame.displayHeight) return undefined;
  if (!knownPrimaries.includes(colorSpace.primaries) || !knownTransfers.includes(colorSpace.transfer)) return undefined;
  const interleaved = packed[frame.format];
  if (interleaved !== undefined) return colorSpace.fullRange === false ? undefined : { format: interleaved, yuv: undefined };
  const format = planar[frame.format];
  const yuv = yuvOf(colorSpace);
  return format === undefined || yuv === undefined ? undefined : { format, yuv };
}

// A frame that doesn't say is drawn: what a browser guesses then is its own matter.
function yuvOf({ matrix, fullRange }: VideoColorSpace): YuvColours | undefined {
  if (matrix === 'bt709') return fullRange === true ? 'bt709-full' : 'bt709';
  if (matrix === 'smpte170m' || matrix === 'bt470bg') return fullRange === true ? 'bt601-full' : 'bt601';
  return undefined;
}

function layoutOf(format: PixelFormat, width: number, height: number): PlaneLayout[] {
  const luma = width * height;
  const chromaWidth = Math.ceil(width / 2);
  if (format === 'nv12')
    return [
      { offset: 0, stride: width },
      { offset: luma, stride: 2 * chromaWidth },
    ];
  if (format !== 'i420') return [{ offset: 0, stride: 4 * width }];
  const chroma = chromaWidth * Math.ceil(height / 2);
  return [
    { offset: 0, stride: width },
    { offset: luma, stride: chromaWidth },
    { offset: luma + chroma, stride: chromaWidth },
  ];
}

/** The frame's own pixels, written where `room` says; undefined where they are not the core's or the browser doesn't give them. */
export async function copyFrame(frame: VideoFrame, room: Room): Promise<Pixels | undefined> {
  const form = formOf(frame);
  if (form === undefined) return undefined;
  const { displayWidth: width, displayHeight: height } = frame;
  const { format, yuv } = form;
  const layout = layoutOf(format, width, height);
  const bytes = pixelBytes(format, width, height);
  try {
    if (frame.allocationSize({ layout }) !== bytes) return undefined;
    const data = room(bytes);
    await frame.copyTo(data, { layout });
    // Memory that grew meanwhile is another one now, without the copy.
    return data.length === bytes ? { data, width, height, format, yuv } : undefined;
  } catch (thrown) {
    if (thrown instanceof DOMException || thrown instanceof TypeError || thrown instanceof RangeError) return undefined;
    throw thrown;
  }
}
