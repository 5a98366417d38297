// The engine's end of a channel, in a worker of either platform: one engine, driven by messages.
import { Engine } from '../engine/engine.js';
import { SluiceError, toSluiceError } from '../errors.js';
import type { Target } from '../targets/target.js';
import { callOf } from './protocol.js';
import type { EngineSettings, FromEngine, ToEngine } from './protocol.js';

export interface Channel {
  post(message: FromEngine, transfer?: Transferable[]): void;
}

/** Returns what handles each message of the caller's side. */
export function serve(target: Target, channel: Channel): (message: ToEngine) => void {
  let engine: Engine | undefined;
  const post = (message: FromEngine, transfer?: Transferable[]): void => channel.post(message, transfer);

  // The caller's side has the token: it may be a function, which cannot come here.
  const tokens = new Map<number, (message: ToEngine & { type: 'token' }) => void>();
  let lastToken = 0;
  const token = (): Promise<string | undefined> =>
    new Promise((resolve, reject) => {
      const id = ++lastToken;
      tokens.set(id, ({ token: given, error }) => (error === undefined ? resolve(given) : reject(SluiceError.deserialize(error))));
      post({ type: 'token-wanted', id });
    });

  const open = async (settings: EngineSettings): Promise<void> => {
    try {
      engine = await Engine.open(settings, target, post, undefined, token);
      post({ type: 'opened', info: engine.info });
      engine.start();
    } catch (thrown) {
      post({ type: 'open-failed', error: toSluiceError(thrown).serialize() });
    }
  };

  const call = async ({ id, method, argument }: ToEngine & { type: 'call' }): Promise<void> => {
    try {
      if (engine === undefined) throw new SluiceError('disposed', 'the gate is not open');
      post({ type: 'returned', id, value: await callOf(engine, method, argument) });
    } catch (thrown) {
      post({ type: 'threw', id, error: toSluiceError(thrown).serialize() });
    }
  };

  return (message) => {
    switch (message.type) {
      case 'open':
        post({ type: 'listening' }); // again: nobody may have listened when the worker started
        return void open(message.settings);
      case 'offer':
        return engine?.offer(message.ticket, message.input, message.wishes);
      case 'cancel':
        return engine?.cancel(message.ticket);
      case 'call':
        return void call(message);
      case 'simulate-link':
        return engine?.simulateLink(message.link);
      case 'token':
        tokens.get(message.id)?.(message);
        return void tokens.delete(message.id);
      case 'dispose':
        return void Promise.resolve(engine?.dispose()).then(() => post({ type: 'disposed' }));
    }
  };
}
