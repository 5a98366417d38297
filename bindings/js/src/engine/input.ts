// An input inside the engine: a picture, or a window of samples, kept until it is answered because its payload is made only if
// it is really sent. Whoever holds an Input releases it.
import { PictureReader, heldBytes as heldBytesOfPicture, release as releasePicture, type Picture } from './picture.js';
import type { Room } from './video-frame.js';
import type { EncodeWork, Encoding } from '../bindings/client.js';
import { bytesOf, type CoreInput, type Window } from '../bindings/input-stage.js';
import { SluiceError } from '../errors.js';

/** As it crosses to the worker. */
export type Input = Picture | { readonly type: 'window'; readonly window: Window };

export interface Encoded {
  readonly encoding: Encoding;
  readonly payload: Uint8Array;
}

/** What keeping it costs. */
export function heldBytes(input: Input): number {
  return input.type === 'window' ? input.window.data.byteLength : heldBytesOfPicture(input);
}

/** The file that it was read from, which may go in its place. */
export function fileOf(input: Input): Uint8Array | undefined {
  return input.type === 'window' ? undefined : input.jpeg;
}

export function release(input: Input): void {
  if (input.type !== 'window') releasePicture(input);
}

/** Reads and encodes inputs. */
export class InputReader {
  readonly #pictures: PictureReader;

  /** `maxJpegQuality` in (0, 1]: what is asked for is lowered to it. */
  constructor(maxJpegQuality: number) {
    this.#pictures = new PictureReader(maxJpegQuality);
  }

  /** At once for all but a browser's pictures; see PictureReader. */
  read(input: Input, room: Room): CoreInput | Promise<CoreInput> {
    return input.type === 'window' ? input.window : this.#pictures.read(input, room);
  }

  /** In the first of our encodings that the server takes. */
  async encode(input: Input, work: EncodeWork): Promise<Encoded> {
    return input.type === 'window' ? encodeWindow(input.window, work.encodings) : this.#pictures.encode(input, work);
  }
}

function encodeWindow(window: Window, accepted: readonly Encoding[]): Encoded {
  const own: Encoding = window.modality === 'audio' ? (window.data instanceof Int16Array ? 's16' : 'f32') : ownEncoding[window.modality];
  if (accepted.includes(own)) return { encoding: own, payload: bytesOf(window) };
  if (window.modality === 'audio') {
    const other = own === 's16' ? 'f32' : 's16';
    if (accepted.includes(other))
      return { encoding: other, payload: bytesOf({ ...window, data: other === 'f32' ? toFloats(window.data) : toIntegers(window.data) }) };
  }
  throw new SluiceError('unsupported_encoding', `the server takes ${accepted.join(', ') || 'nothing'}; ${window.modality} goes as ${own}`);
}

const ownEncoding = { signal: 'f32', text: 'utf8', tensor: 'tensor' } as const;

function toFloats(samples: ArrayLike<number>): Float32Array {
  return Float32Array.from(samples, (sample) => sample / 32_768);
}

function toIntegers(samples: ArrayLike<number>): Int16Array {
  return Int16Array.from(samples, (sample) => Math.max(-32_768, Math.min(32_767, Math.round(sample * 32_768))));
}
