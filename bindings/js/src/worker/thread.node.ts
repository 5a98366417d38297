// A thread of the module in Node.
import { parentPort } from 'node:worker_threads';

import type { ToThread } from '../bindings/threads.js';
import { serveThread } from './thread-main.js';

if (parentPort !== null) {
  const port = parentPort;
  const handle = serveThread((message) => port.postMessage(message));
  port.on('message', (message: ToThread) => handle(message));
}

export {};
