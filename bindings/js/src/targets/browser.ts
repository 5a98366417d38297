// Browsers: pages and their workers. page.ts adds how a page starts the worker; it is apart, since a worker whose modules named
// the worker itself would be a circle, on which Turbopack waits for ever.
import type { Socket, SocketEvents, Target } from './target.js';
import { webPort } from './web-port.js';
import { SluiceError } from '../errors.js';
import type { WasmFile } from '../types.js';

export const browserTarget = (createWorker: Target['createWorker']): Target => ({
  runtime: 'browser',
  get hardwareConcurrency() {
    return globalThis.navigator?.hardwareConcurrency ?? 1;
  },
  get noBlocking() {
    return typeof document === 'undefined' ? undefined : 'the main thread of a page may not wait for others';
  },
  resolve: (address) => new URL(address, globalThis.document?.baseURI ?? globalThis.location.href),
  wasmUrl,
  fetch: (url, signal, authorization) => fetch(url, { ...fetchOptions(signal, authorization), credentials: 'same-origin' }),
  createWorker,
  // Bundlers look for this expression as it stands.
  createThread: () => webPort(new Worker(new URL('../worker/thread.js', import.meta.url), { type: 'module', name: 'sluice-thread' })),
  requireSockets: async () => undefined,
  openSocket: async (url, protocols, events) => driveSocket(new WebSocket(url, protocols), events),
  importOnnxRuntimeWeb: (module) => {
    if (module === undefined) {
      throw new SluiceError('engine_unavailable', "engine 'onnxruntime-web' needs to know where its files are", {
        hint: 'set assets.onnxruntimeWeb to { module, mjs, wasm }',
      });
    }
    return import(/* @vite-ignore */ /* webpackIgnore: true */ /* turbopackIgnore: true */ module);
  },
});

export function fetchOptions(signal: AbortSignal | undefined, authorization: string | undefined): RequestInit {
  return { ...(signal ? { signal } : {}), ...(authorization === undefined ? {} : { headers: { authorization } }) };
}

// Written out one by one: bundlers find only literals.
export function wasmUrl(file: WasmFile): URL {
  switch (file) {
    case 'sluice-gate.wasm':
      return new URL('../wasm/sluice-gate.wasm', import.meta.url);
    case 'sluice-client.wasm':
      return new URL('../wasm/sluice-client.wasm', import.meta.url);
    case 'sluice.wasm':
      return new URL('../wasm/sluice.wasm', import.meta.url);
    case 'sluice-relaxed.wasm':
      return new URL('../wasm/sluice-relaxed.wasm', import.meta.url);
    case 'sluice-lite.wasm':
      return new URL('../wasm/sluice-lite.wasm', import.meta.url);
    case 'sluice-threads.wasm':
      return new URL('../wasm/sluice-threads.wasm', import.meta.url);
  }
}

/** Passes a WebSocket's events on; also serves Node's own WebSocket. */
export function driveSocket(socket: WebSocket, events: SocketEvents): Socket {
  let ended = false;
  const end = (why: string): void => {
    if (ended) return;
    ended = true;
    events.closed(why);
  };
  socket.binaryType = 'arraybuffer';
  socket.onopen = () => {
    if (!ended) events.opened();
  };
  socket.onmessage = (event: MessageEvent<unknown>) => {
    if (ended) return;
    if (event.data instanceof ArrayBuffer) events.received(new Uint8Array(event.data));
    else events.received(new TextEncoder().encode(String(event.data))); // not ours; the pipeline says so
  };
  // Browsers say nothing here; Node's sockets say what happened. Closing follows in either.
  let trouble = '';
  socket.onerror = (event) => {
    if ('message' in event && typeof event.message === 'string') trouble = event.message;
  };
  socket.onclose = (event) => {
    const why = event.reason || trouble;
    end(`the connection was closed with code ${event.code}${why ? `: ${why}` : ''}`);
  };
  return {
    get unsentBytes() {
      return socket.bufferedAmount;
    },
    send: (message) => {
      if (!ended) socket.send(message as Uint8Array<ArrayBuffer>);
    },
    close: (code) => {
      // Only these may be sent by a page; the closing itself is reported at once, since a dead peer would not answer.
      socket.close(code === 1000 || (code >= 3000 && code <= 4999) ? code : 1000);
      end(`the connection was closed by this side with code ${code}`);
    },
  };
}
