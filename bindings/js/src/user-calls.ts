// Every call of a function that the user gave: listeners, onProgress, record, the logger. What such a function throws, or what
// its promise rejects with, never reaches the code that called it, where it would leave a worker or a frame behind. The first
// exception of each function is told to `logger.error`, or to the console where there is none; later ones would tell nothing
// new, and some of these functions are called for every frame.
import { describe } from './errors.js';
import type { Logger } from './types.js';

export type Guarded<Arguments extends unknown[]> = (...given: Arguments) => void;
export interface GuardedLogger extends Required<Logger> {
  /** To `error` where the user's logger has one, else to the console, which also shows where `thrown` came from. */
  report(message: string, thrown: unknown): void;
}

/** `call` as one that never throws; `name` is what the user knows it by. */
export function guarded<Arguments extends unknown[]>(
  name: string,
  call: ((...given: Arguments) => unknown) | undefined,
  logger: GuardedLogger,
): Guarded<Arguments> {
  return catching(call, (thrown) => logger.report(`${name} threw: ${describe(thrown)}`, thrown));
}

/** The logger with all of its levels. One that throws is told of to the console, there being nobody else to tell. */
export function guardedLogger(logger: Logger | undefined): GuardedLogger {
  const level = (name: keyof Logger): Guarded<[message: string]> =>
    catching(
      (message: string) => logger?.[name]?.(message),
      (thrown) => console.error(`sluice: logger.${name}() threw:`, thrown),
    );
  const error = level('error');
  const hears = logger?.error !== undefined;
  const report = (message: string, thrown: unknown): void => (hears ? error(message) : console.error(`sluice: ${message}`, thrown));
  return { debug: level('debug'), info: level('info'), warn: level('warn'), error, report };
}

function catching<Arguments extends unknown[]>(call: ((...given: Arguments) => unknown) | undefined, tell: (thrown: unknown) => void): Guarded<Arguments> {
  let told = false;
  const caught = (thrown: unknown): void => {
    if (told) return;
    told = true;
    tell(thrown);
  };
  return (...given) => {
    try {
      const returned = call?.(...given);
      if (typeof returned === 'object' && returned !== null) void Promise.resolve(returned).then(undefined, caught); // of an async function
    } catch (thrown) {
      caught(thrown);
    }
  };
}
