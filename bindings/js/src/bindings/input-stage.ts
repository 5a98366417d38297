// An input on its way into the module: the record of the C interface and the bytes that it points to, kept between inputs of a
// size so that a stream allocates once.
import { abi, records } from './abi.js';
import type { Heap } from './heap.js';
import { pixelFormats, typeNumbers, yuvColours, type Pixels } from './tensors.js';
import { SluiceError } from '../errors.js';
import type { OutputTensor, TensorType } from '../types.js';

/** An input that is no picture. */
export type Window =
  | { readonly modality: 'audio'; readonly data: Float32Array | Int16Array; readonly samples: number; readonly channels: number; readonly rateHz: number }
  | { readonly modality: 'signal'; readonly data: Float32Array; readonly steps: number; readonly channels: number }
  | { readonly modality: 'text'; readonly data: Uint8Array }
  | { readonly modality: 'tensor'; readonly data: OutputTensor['data']; readonly type: TensorType; readonly dims: readonly number[] };

export type CoreInput = Pixels | Window;

export function bytesOf({ data }: CoreInput): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

export class InputStage {
  readonly #heap: Heap;
  readonly #record: number;
  #bytes = 0;
  #capacity = 0;

  constructor(heap: Heap) {
    this.#heap = heap;
    this.#record = heap.allocateRecord(records.input.size);
  }

  /** Memory for an input's bytes: what is written there need not be copied in. Valid until the next call and until the memory grows. */
  room(bytes: number): Uint8Array {
    const heap = this.#heap;
    if (bytes > this.#capacity || this.#bytes === 0) {
      const grown = heap.allocate(bytes);
      if (this.#bytes !== 0) heap.free(this.#bytes);
      this.#bytes = grown;
      this.#capacity = bytes;
    }
    return new Uint8Array(heap.memory.buffer, this.#bytes, bytes);
  }

  /** Takes an input in, by a copy unless it lies in room() already, and returns the address of its record, valid until the next call. */
  write(input: CoreInput): number {
    const heap = this.#heap;
    const bytes = bytesOf(input);
    if (bytes.buffer !== heap.memory.buffer || bytes.byteOffset !== this.#bytes) this.room(bytes.length).set(bytes);
    heap.bytes.fill(0, this.#record + records.input.modality, this.#record + records.input.size);
    heap.setBytes(this.#record + records.input.bytes, this.#bytes, bytes.length);
    if ('modality' in input) this.#describeWindow(input);
    else this.#describePicture(input);
    return this.#record;
  }

  free(): void {
    if (this.#bytes !== 0) this.#heap.free(this.#bytes);
    this.#heap.free(this.#record);
    this.#bytes = 0;
    this.#capacity = 0;
  }

  #describePicture({ format, width, height, yuv }: Pixels): void {
    this.#set({ modality: abi.IMAGE, format: pixelFormats[format], width, height, yuv: yuvColours[yuv ?? 'bt601'] });
  }

  #describeWindow(window: Window): void {
    switch (window.modality) {
      case 'audio': {
        const { data, samples, channels, rateHz } = window;
        return this.#set({ modality: abi.AUDIO, format: data instanceof Int16Array ? abi.S16 : abi.F32, samples, channels, rateHz });
      }
      case 'signal':
        return this.#set({ modality: abi.SIGNAL, steps: window.steps, channels: window.channels });
      case 'text':
        return this.#set({ modality: abi.TEXT });
      case 'tensor': {
        const { type, dims } = window;
        if (dims.length > abi.MAX_RANK) {
          throw new SluiceError('invalid_input', `a tensor of rank ${dims.length}; at most ${abi.MAX_RANK} is possible`);
        }
        this.#set({ modality: abi.TENSOR, format: typeNumbers.get(type) ?? 0, rank: dims.length });
        const { view } = this.#heap;
        dims.forEach((dim, i) => view.setBigInt64(this.#record + records.input.dims + 8 * i, BigInt(dim), true));
      }
    }
  }

  #set(fields: Partial<Record<keyof typeof records.input, number>>): void {
    const { view } = this.#heap;
    for (const [name, value] of Object.entries(fields)) view.setUint32(this.#record + records.input[name as keyof typeof records.input], value, true);
  }
}
