// The public types of what goes into infer() and stream(): pictures, and windows of bundles that are not about pictures. No code.
import type { OutputTensor } from './results.js';
import type { PlatformFrame, StreamOf } from '../platform-types.js';

/** Layouts of pixels in memory, as in the core. Planes follow each other without gaps. */
export type PixelFormat = 'rgba' | 'rgb' | 'bgr' | 'bgra' | 'gray' | 'i420' | 'nv12';
/** What the numbers of i420 and nv12 mean: the matrix, and whether black to white is 16 to 235 or, '-full', 0 to 255. */
export type YuvColours = 'bt601' | 'bt601-full' | 'bt709' | 'bt709-full';

/** A picture as plain bytes, tightly packed. Works everywhere, Node included. */
export interface PixelFrame {
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
  /** 'rgba' when left out. */
  readonly format?: PixelFormat;
  /** Of i420 and nv12; 'bt601' when left out. */
  readonly yuv?: YuvColours;
  /** Microseconds; copied into the result so that the two can be matched. */
  readonly timestamp?: number;
  /**
   * The JPEG file that the picture was read from, of the same size: with `place` 'auto' or 'remote-auto' it may go to the server as it is. One
   * that says to be turned (EXIF) never does.
   */
  readonly jpeg?: Uint8Array;
}

/**
 * A picture: ImageData, ImageBitmap, VideoFrame, OffscreenCanvas, a canvas, video or image element, a Blob or File of an encoded
 * picture (in browsers), or plain bytes. Canvases and elements need the thread that owns them; all else also works in workers.
 *
 * Ownership: infer() borrows. It has read the picture (or cloned its handle) when it returns its promise, and you close your
 * VideoFrame or ImageBitmap whenever you like after that. stream() takes over: it closes each VideoFrame and ImageBitmap once
 * it is answered; `closeFrames: false` leaves that to you.
 */
export type Frame = PixelFrame | PlatformFrame;

/** Sound: interleaved samples, float32 with full scale 1 or int16, as long and as fast as the bundle's model takes. */
export interface AudioWindow {
  readonly samples: Float32Array | Int16Array;
  /** 1 when left out. */
  readonly channels?: number;
  readonly rateHz: number;
  readonly timestamp?: number;
}

/** Sensor readings: one channel after the other. */
export interface SignalWindow {
  readonly values: Float32Array;
  readonly channels: number;
  readonly steps: number;
  readonly timestamp?: number;
}

export interface TextInput {
  readonly text: string;
  readonly timestamp?: number;
}

/** A tensor as the model takes it. */
export interface TensorInput {
  readonly tensor: Pick<OutputTensor, 'type' | 'dims' | 'data'>;
  readonly timestamp?: number;
}

export type WindowInput = AudioWindow | SignalWindow | TextInput | TensorInput;

/** What infer() and stream() take: of the kind that the bundle is about, else they refuse it with `invalid_input`. */
export type Input = Frame | WindowInput;

/** What a bundle is about. */
export type Modality = 'image' | 'clip' | 'audio' | 'signal' | 'text' | 'tensor';

export type InputSource = AsyncIterable<Input> | Iterable<Input> | StreamOf<Input>;
