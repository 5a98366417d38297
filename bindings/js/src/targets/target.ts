// What differs between a browser and Node, behind one interface. browser.ts and node.ts implement it; nothing else asks
// where it runs.
import type { Port } from '../bindings/threads.js';
import type { WasmFile } from '../types.js';

export interface Socket {
  /** What was sent and has not left for the network, as far as the platform tells. */
  readonly unsentBytes: number;
  send(message: Uint8Array): void;
  close(code: number): void;
}

export interface SocketEvents {
  opened(): void;
  received(message: Uint8Array): void;
  /** Once, after which nothing more comes. */
  closed(why: string): void;
}

export interface Target {
  readonly runtime: 'browser' | 'node';
  readonly hardwareConcurrency: number;
  /** undefined where this thread may wait for others, else why it may not. */
  readonly noBlocking: string | undefined;
  /** An address as a user writes it, made absolute. */
  resolve(address: string | URL): URL;
  /** The module that lies in this package. */
  wasmUrl(file: WasmFile): URL;
  /** `authorization` is that header, where there is one. */
  fetch(url: URL, signal: AbortSignal | undefined, authorization?: string): Promise<Response>;
  /** Runs the package's worker. */
  createWorker(): Port;
  /** Runs a thread of the module, see bindings/threads.ts. */
  createThread(): Port;
  /** Rejects with what is to be installed where openSocket() could not work. */
  requireSockets(): Promise<void>;
  openSocket(url: string, protocols: string[], events: SocketEvents): Promise<Socket>;
  /** Imports ONNX Runtime Web without a bundler having to know of it. */
  importOnnxRuntimeWeb(module: string | undefined): Promise<unknown>;
}
