// What the value of an option may be, and how one that may not is named to the user. TypeScript sees most of these; plain
// JavaScript would find out by a TypeError that names nothing, after a worker was started, or not at all.
import { SluiceError } from './errors.js';

/** One kind of value, with the words for "it must be ...". */
export interface Kind {
  readonly is: (value: unknown) => boolean;
  readonly words: string;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null;
const isAddress = (value: unknown): boolean => typeof value === 'string' || value instanceof URL;

export const address: Kind = { is: isAddress, words: 'an address: a string or a URL' };
export const boolean: Kind = { is: (value) => typeof value === 'boolean', words: 'true or false' };
export const callable: Kind = { is: (value) => typeof value === 'function', words: 'a function' };
export const object: Kind = { is: isObject, words: 'an object' };
export const name: Kind = { is: (value) => typeof value === 'string' && value !== '', words: 'a name' };
export const bytes: Kind = { is: (value) => value instanceof Uint8Array, words: 'a Uint8Array' };
export const share: Kind = { is: (value) => typeof value === 'number' && value > 0 && value <= 1, words: 'a number above 0 and at most 1' };

// By its parts and not by its class: a signal of another frame's is one as well.
export const signal: Kind = {
  is: (value) => isObject(value) && typeof value.aborted === 'boolean' && typeof value.addEventListener === 'function',
  words: 'an AbortSignal',
};

const levels = ['debug', 'info', 'warn', 'error'];
export const logger: Kind = {
  is: (value) => (isObject(value) || typeof value === 'function') && levels.every((level) => isLevel((value as Readonly<Record<string, unknown>>)[level])),
  words: `an object whose ${levels.join(', ')} are functions, where it has them`,
};
const isLevel = (value: unknown): boolean => value === undefined || typeof value === 'function';

const mostThreads = 64;
export const threads: Kind = {
  is: (value) => value === 'auto' || value === false || isCount(value, mostThreads),
  words: `'auto', false or a whole number from 1 to ${mostThreads}`,
};

export const source: Kind = {
  is: isSource,
  words: 'an address, an ArrayBuffer, a Uint8Array, a Blob, a Response or a ReadableStream',
};
export const wasmSource: Kind = {
  is: (value) => isSource(value) || value instanceof WebAssembly.Module,
  words: `${source.words}, or a WebAssembly.Module`,
};

export const token: Kind = {
  is: (value) => typeof value === 'string' || typeof value === 'function',
  words: 'a string or a function that gives one',
};

export const traceparent: Kind = {
  is: (value) => typeof value === 'string' && /^00-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}$/.test(value),
  words: "W3C Trace Context's header: '00-', 32 and 16 hexadecimal digits in lower case, neither all zero, and 2 of flags",
};

export const count = (most: number): Kind => ({ is: (value) => isCount(value, most), words: `a whole number from 1 to ${most}` });
const mostChannels = 256;
export const countOrNone = (most: number): Kind => ({ is: (value) => value === 0 || isCount(value, most), words: `a whole number from 0 to ${most}` });
export const upTo = (most: number): Kind => ({
  is: (value) => typeof value === 'number' && value >= 0 && value <= most,
  words: `a number from 0 to ${most}`,
});
export const channels: Kind = countOrNone(mostChannels);
export const oneOf = (...names: readonly string[]): Kind => ({
  is: (value) => names.includes(value as string),
  words: names.map((name) => `'${name}'`).join(' or '),
});

/** Throws `invalid_argument` for a value of another kind; `name` is the argument's. */
export function requireKind(kind: Kind, value: unknown, name: string): void {
  if (kind.is(value)) return;
  throw new SluiceError('invalid_argument', `${name} is ${shown(value)}; it must be ${kind.words}`);
}

/** A value in a few words. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'function') return 'a function';
  if (!isObject(value)) return String(value);
  const name: unknown = value.constructor?.name;
  return typeof name === 'string' && name !== '' && name !== 'Object' ? `of the type ${name}` : 'an object';
}

function isCount(value: unknown, most: number): boolean {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= most;
}

function isSource(value: unknown): boolean {
  if (isAddress(value) || value instanceof ArrayBuffer || value instanceof Uint8Array || value instanceof Blob || value instanceof Response) return true;
  return isObject(value) && typeof value.getReader === 'function';
}
