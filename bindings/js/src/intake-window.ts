// Windows of samples, text and tensors as users pass them to inputs as the engine takes them. What the module will say of their
// rate, length and values is left to it; here is only what would not reach it.
import type { Window } from './bindings/input-stage.js';
import { requireAttached } from './attached.js';
import { SluiceError } from './errors.js';
import type { AudioWindow, OutputTensor, SignalWindow, TensorInput, TensorType, TextInput, WindowInput } from './types.js';

const arrays: Readonly<Record<TensorType, string>> = {
  float32: 'Float32Array',
  uint8: 'Uint8Array',
  int8: 'Int8Array',
  uint16: 'Uint16Array',
  int16: 'Int16Array',
  int32: 'Int32Array',
  int64: 'BigInt64Array',
  bool: 'Uint8Array',
  float16: 'Uint16Array',
  float64: 'Float64Array',
  uint32: 'Uint32Array',
  uint64: 'BigUint64Array',
};
const mostBytes = 1 << 28;

export function isWindow(input: unknown): input is WindowInput {
  if (ArrayBuffer.isView(input) || Array.isArray(input)) return false; // which have values() of their own
  return typeof input === 'object' && input !== null && ['samples', 'values', 'text', 'tensor'].some((key) => key in input);
}

/** A copy, since the caller's array is the caller's to change. */
export function takeWindow(input: WindowInput): Window {
  const window = readWindow(input);
  if (window.data.byteLength > mostBytes) refuse(`an input of ${window.data.byteLength} bytes is too large; at most ${mostBytes} are taken`);
  return { ...window, data: window.data.slice() } as Window;
}

function readWindow(input: WindowInput): Window {
  if ('samples' in input) return readAudio(input);
  if ('values' in input) return readSignal(input);
  if ('text' in input) return readText(input);
  return readTensor(input);
}

function readAudio({ samples: data, channels = 1, rateHz }: AudioWindow): Window {
  if (!(data instanceof Float32Array || data instanceof Int16Array)) refuse('samples come as Float32Array or Int16Array');
  requireAttached(data, 'samples', 'invalid_input');
  whole('channels', channels);
  whole('rateHz', rateHz);
  if (data.length % channels !== 0) refuse(`${data.length} samples do not divide into ${channels} channels`);
  return { modality: 'audio', data, samples: data.length / channels, channels, rateHz };
}

function readSignal({ values: data, channels, steps }: SignalWindow): Window {
  if (!(data instanceof Float32Array)) refuse('values come as Float32Array');
  requireAttached(data, 'values', 'invalid_input');
  whole('channels', channels);
  whole('steps', steps);
  if (data.length !== channels * steps) refuse(`${channels} channels of ${steps} steps take ${channels * steps} values; there are ${data.length}`);
  return { modality: 'signal', data, steps, channels };
}

function readText({ text }: TextInput): Window {
  if (typeof text !== 'string') refuse('text is a string');
  return { modality: 'text', data: new TextEncoder().encode(text) };
}

function readTensor({ tensor }: TensorInput): Window {
  if (typeof tensor !== 'object' || tensor === null) refuse(`tensor is ${String(tensor)}; it is { type, dims, data }`);
  const { type, dims, data } = tensor;
  if (!(type in arrays)) refuse(`the element type '${type}' is not known; use one of ${Object.keys(arrays).join(', ')}`);
  if (!Array.isArray(dims) || dims.some((dim) => !Number.isSafeInteger(dim) || dim < 0)) refuse('dims are whole numbers');
  if (data?.constructor?.name !== arrays[type]) refuse(`a ${type} tensor comes as ${arrays[type]}`);
  requireAttached(data, 'tensor.data', 'invalid_input');
  const elements = dims.reduce((product, dim) => product * dim, 1);
  if ((data as OutputTensor['data']).length !== elements) refuse(`a tensor of shape [${dims.join(', ')}] takes ${elements} elements; there are ${data.length}`);
  return { modality: 'tensor', data, type, dims: [...dims] };
}

function whole(name: string, value: number): void {
  if (!Number.isInteger(value) || value < 1 || value > 0xffff_ffff) refuse(`${name} is ${value}; it is a whole number of at least 1`);
}

function refuse(text: string): never {
  throw new SluiceError('invalid_input', text);
}
