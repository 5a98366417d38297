// The module's linear memory as JavaScript sees it. Growth detaches every view, and any call into the module may grow it, so
// views are made anew at each use and none is kept here or handed out for longer than one synchronous read.
import { abi, records, type GateExports } from './abi.js';
import { ModuleTrap } from './trap.js';
import { errorCodeOf, SluiceError } from '../errors.js';

const decoder = new TextDecoder();
const encoder = new TextEncoder();

export class Heap {
  readonly memory: WebAssembly.Memory;
  readonly #exports: GateExports;
  readonly #error: number;
  #trap: ModuleTrap | undefined;

  constructor(memory: WebAssembly.Memory, exports: GateExports) {
    this.memory = memory;
    this.#exports = exports;
    this.#error = this.allocate(records.error.size);
  }

  get bytes(): Uint8Array {
    return new Uint8Array(this.memory.buffer);
  }

  get view(): DataView {
    return new DataView(this.memory.buffer);
  }

  /** Zeroed bytes that free() ends; `out_of_memory` when there are none. */
  allocate(size: number): number {
    const address = this.#enter(() => this.#exports.sluice_allocate(size)) >>> 0;
    if (address === 0) {
      throw new SluiceError('out_of_memory', `${size} bytes do not fit into the module's memory of ${this.memory.buffer.byteLength} bytes`, {
        hint: 'use smaller frames or raise maxMemoryBytes',
      });
    }
    this.bytes.fill(0, address, address + size);
    return address;
  }

  free(address: number): void {
    this.destroy(() => this.#exports.sluice_free(address));
  }

  /** Runs a call that gives something back to the module. After a trap it all goes with the instance; one in here meets the next call. */
  destroy(call: () => void): void {
    try {
      this.#enter(call);
    } catch {
      // what is left of the instance is not used any more
    }
  }

  /** A zeroed record whose struct_size is set. */
  allocateRecord(size: number): number {
    const address = this.allocate(size);
    this.view.setUint32(address, size, true);
    return address;
  }

  /** Runs `use` on a copy of `bytes` in the module's memory (address 0 for none), which is freed however `use` ends. */
  withBytes<T>(bytes: Uint8Array | undefined, use: (address: number, length: number) => T): T {
    if (bytes === undefined) return use(0, 0);
    const address = this.allocate(bytes.length);
    try {
      this.bytes.set(bytes, address);
      return use(address, bytes.length);
    } finally {
      this.free(address);
    }
  }

  withText<T>(text: string, use: (address: number, length: number) => T): T {
    return this.withBytes(text === '' ? undefined : encoder.encode(text), use);
  }

  /** Calls into the module with the address of its error record, and throws what that holds when the call fails. */
  call(invoke: (error: number) => number): void {
    const { view } = this;
    view.setUint32(this.#error + records.error.structSize, records.error.size, true);
    view.setUint32(this.#error + records.error.textLength, 0, true);
    const status = this.#enter(() => invoke(this.#error));
    if (status === 0) return;
    const length = Math.min(this.view.getUint32(this.#error + records.error.textLength, true), abi.ERROR_TEXT_BYTES);
    const code = errorCodeOf(status);
    throw new SluiceError(code, this.text(this.#error + records.error.text, length) || `the module answered with status ${status}`);
  }

  /** Into the module, unless it has trapped before. */
  #enter<T>(invoke: () => T): T {
    if (this.#trap !== undefined) throw this.#trap;
    try {
      return invoke();
    } catch (thrown) {
      this.#trap = new ModuleTrap(thrown);
      throw this.#trap;
    }
  }

  text(address: number, length: number): string {
    // A decoder does not take shared memory, so the bytes are copied.
    return decoder.decode(this.bytes.slice(address, address + length));
  }

  /** Of a sluice_bytes record. */
  bytesAt(record: number): Uint8Array {
    const { view } = this;
    const data = view.getUint32(record + records.bytes.data, true);
    const length = view.getUint32(record + records.bytes.length, true);
    return this.bytes.slice(data, data + length);
  }

  textAt(record: number): string {
    const { view } = this;
    return this.text(view.getUint32(record + records.bytes.data, true), view.getUint32(record + records.bytes.length, true));
  }

  setBytes(record: number, address: number, length: number): void {
    const { view } = this;
    view.setUint32(record + records.bytes.data, address, true);
    view.setBigUint64(record + records.bytes.length, BigInt(length), true);
  }
}
