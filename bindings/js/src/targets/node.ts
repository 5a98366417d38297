// Node.js: the same as a browser, with worker threads, files, and a WebSocket of its own or of the package `ws`.
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { pathToFileURL } from 'node:url';
import { Worker, type Transferable as NodeTransferable } from 'node:worker_threads';

import { driveSocket, fetchOptions, wasmUrl } from './browser.js';
import type { Target } from './target.js';
import type { Port } from '../bindings/threads.js';
import { SluiceError } from '../errors.js';

export const nodeTarget: Target = {
  runtime: 'node',
  hardwareConcurrency: availableParallelism(),
  noBlocking: undefined,
  resolve: (address) => (address instanceof URL || /^[a-z][a-z0-9+.-]+:/i.test(address) ? new URL(address) : pathToFileURL(address)),
  wasmUrl,
  fetch: async (url, signal, authorization) => {
    if (url.protocol !== 'file:') return fetch(url, fetchOptions(signal, authorization));
    return new Response(new Uint8Array(await readFile(url, signal ? { signal } : {})));
  },
  createWorker: () => threadPort(new Worker(new URL('../worker/worker.node.js', import.meta.url), { name: 'sluice' })),
  createThread: () => threadPort(new Worker(new URL('../worker/thread.node.js', import.meta.url), { name: 'sluice-thread' })),
  requireSockets: async () => void (await webSocket()),
  openSocket: async (url, protocols, events) => driveSocket(new (await webSocket())(url, protocols), events),
  importOnnxRuntimeWeb: async (module) => import(/* webpackIgnore: true */ /* turbopackIgnore: true */ module ?? 'onnxruntime-web'),
};

async function webSocket(): Promise<typeof WebSocket> {
  if (globalThis.WebSocket !== undefined) return globalThis.WebSocket;
  try {
    const { WebSocket: Socket } = await import(/* webpackIgnore: true */ /* turbopackIgnore: true */ 'ws');
    return Socket as unknown as typeof WebSocket;
  } catch (cause) {
    throw new SluiceError('unsupported_environment', `Node ${process.versions.node} has no WebSocket, and the package 'ws' is not installed`, {
      cause,
      hint: "npm install ws, use Node 22 or later, or place: 'local'",
    });
  }
}

function threadPort(worker: Worker): Port {
  let ended = false;
  return {
    post: (message, transfer = []) => worker.postMessage(message, transfer as readonly NodeTransferable[] as NodeTransferable[]),
    listen: (onMessage, onFailure) => {
      worker.removeAllListeners();
      worker.on('message', onMessage);
      worker.on('error', (error) => onFailure(error));
      worker.on('exit', (status) => {
        if (!ended) onFailure(new SluiceError('internal', `the worker ended with status ${status}`));
      });
    },
    terminate: () => {
      ended = true;
      void worker.terminate();
    },
  };
}
