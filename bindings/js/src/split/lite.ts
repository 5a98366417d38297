// sluice-lite.wasm as a class: the device half of a split model over one unit. The module imports nothing and has a small memory
// of its own that never grows, so nothing has to be freed; the memory goes with the object. Every call throws a SluiceError
// when it fails. One picture at a time: what a run gave is copied out.
import { SluiceError } from '../errors.js';

interface LiteExports {
  readonly memory: WebAssembly.Memory;
  readonly __heap_base: WebAssembly.Global<'i32'>;
  _initialize?(): void;
  sluice_lite_version(): number;
  sluice_lite_bytes(unit: number, unitBytes: number): number;
  sluice_lite_open(memory: number, memoryBytes: number, unit: number, unitBytes: number): number;
  sluice_lite_run(context: number): number;
  sluice_lite_encode(context: number, budgetBytes: number, mostChannels: number): number;
}

/** Whole channels of features, the most important first. */
export interface LitePayload {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** For each channel: after how many bytes the payload may be cut to hold that one still. */
  readonly ends: Int32Array<ArrayBuffer>;
}

/** Channel after channel, the most important first, row by row; symbols count from 0 on. */
export interface LiteFeatures {
  readonly maps: readonly Uint8Array<ArrayBuffer>[];
  readonly width: number;
  readonly height: number;
  readonly symbols: number;
}

export const liteVersion = 2;
const tooLittleMemory = 64;

// Places in the record that sluice_lite.h describes, and in the unit's header (core/split/device/README.md).
const record = {
  width: 0,
  height: 4,
  classes: 8,
  codedChannels: 12,
  payloadChannels: 20,
  picture: 24,
  symbols: 28,
  local: 32,
  payload: 44,
  ends: 48,
};
const header = { channels: 20, localChannels: 22, firstSymbol: 28, codingAt: 56, codingBytes: 60 };

export class Lite {
  readonly width: number;
  readonly height: number;
  readonly classes: number;
  /** How many channels a payload holds at most: those that are sent, or their coarse values and then the rest of each. */
  readonly codedChannels: number;
  readonly #exports: LiteExports;
  readonly #unit: DataView;
  readonly #at: number;

  constructor(compiled: WebAssembly.Module, unit: Uint8Array) {
    this.#exports = exportsOf(compiled);
    const { memory, __heap_base } = this.#exports;
    const available = memory.buffer.byteLength;
    const unitAt = aligned(__heap_base.value);
    if (unitAt + unit.length > available) throw tooLarge(unit.length, available);
    new Uint8Array(memory.buffer, unitAt, unit.length).set(unit);
    this.#unit = new DataView(memory.buffer, unitAt, unit.length);
    this.#at = aligned(unitAt + unit.length);
    const needed = this.#exports.sluice_lite_bytes(unitAt, unit.length);
    if (needed === 0) throw new SluiceError('malformed_model', `the device half, of ${unit.length} bytes, is no device unit that this package can read`);
    const status = this.#at < available ? this.#exports.sluice_lite_open(this.#at, available - this.#at, unitAt, unit.length) : tooLittleMemory;
    if (status === tooLittleMemory) throw tooLarge(unit.length + needed, available);
    if (status !== 0) throw new SluiceError('malformed_model', `the device half was refused with status ${status}`);
    [this.width, this.height, this.classes, this.codedChannels] = [record.width, record.height, record.classes, record.codedChannels].map((at) =>
      this.#u32(at),
    ) as [number, number, number, number];
  }

  /** Whether it has tables to code features with: one without them can only guess. */
  get codes(): boolean {
    return this.#unit.getUint32(header.codingBytes, true) > 0;
  }

  /** Where the next picture goes: RGB, row by row. */
  get picture(): Uint8Array<ArrayBuffer> {
    return this.#bytes(this.#u32(record.picture), this.width * this.height * 3);
  }

  /** Gives the guess: logits. */
  run(): Float32Array<ArrayBuffer> {
    check('run', this.#exports.sluice_lite_run(this.#at));
    return new Float32Array(this.#exports.memory.buffer as ArrayBuffer, this.#u32(record.local), this.classes).slice();
  }

  /** The last run's features, of at most `mostChannels`; no bytes where there is to be none. */
  encode(mostChannels: number): LitePayload {
    const length = this.#exports.sluice_lite_encode(this.#at, 0xffff_ffff, mostChannels);
    return {
      bytes: this.#bytes(this.#u32(record.payload), length).slice(),
      ends: new Int32Array(this.#exports.memory.buffer as ArrayBuffer, this.#u32(record.ends), this.#u32(record.payloadChannels)).slice(),
    };
  }

  /** The last run's features that are sent, to be shown. */
  features(): LiteFeatures {
    const channels = this.#unit.getUint16(header.channels, true);
    const local = this.#unit.getUint16(header.localChannels, true);
    const [first, last] = [this.#unit.getInt16(header.firstSymbol, true), this.#unit.getInt16(header.firstSymbol + 2, true)];
    const { width, height } = this.#featureSize();
    const positions = width * height;
    const symbols = new Int8Array(this.#exports.memory.buffer, this.#u32(record.symbols), positions * channels);
    const maps = Array.from({ length: channels - local }, (_, channel) =>
      Uint8Array.from({ length: positions }, (_, at) => symbols[at * channels + local + channel]! - first),
    );
    return { maps, width, height, symbols: last - first + 1 };
  }

  // The model of the symbols says how large the features are: version and bits, then channels, width and height.
  #featureSize(): { readonly width: number; readonly height: number } {
    const coding = this.#unit.getUint32(header.codingAt, true);
    return { width: this.#unit.getUint16(coding + 4, true), height: this.#unit.getUint16(coding + 6, true) };
  }

  #u32(field: number): number {
    return new DataView(this.#exports.memory.buffer).getUint32(this.#at + field, true);
  }

  #bytes(at: number, length: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#exports.memory.buffer as ArrayBuffer, at, length);
  }
}

function exportsOf(compiled: WebAssembly.Module): LiteExports {
  let exports: LiteExports;
  try {
    exports = new WebAssembly.Instance(compiled).exports as unknown as LiteExports;
  } catch (cause) {
    throw new SluiceError('abi_version_mismatch', 'the module given as sluice-lite.wasm is another one: it cannot be instantiated', { cause });
  }
  exports._initialize?.();
  const version = exports.sluice_lite_version?.();
  if (version !== liteVersion) throw new SluiceError('abi_version_mismatch', `sluice-lite.wasm has version ${version}; this package needs ${liteVersion}`);
  return exports;
}

const aligned = (at: number): number => (at + 7) & ~7;

function check(call: string, status: number): void {
  if (status !== 0) throw new SluiceError('internal', `sluice-lite.wasm: ${call} ended with status ${status}`);
}

function tooLarge(bytes: number, available: number): SluiceError {
  return new SluiceError('out_of_memory', `the device half takes ${bytes} bytes; sluice-lite.wasm has ${available}`, {
    hint: 'train a smaller device half, or open with split: false',
  });
}
