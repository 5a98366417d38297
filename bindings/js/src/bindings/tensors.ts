// Tensors and pictures between JavaScript values and the C interface's records.
import { abi, records } from './abi.js';
import type { Heap } from './heap.js';
import { SluiceError } from '../errors.js';
import type { OutputTensor, PixelFormat, TensorType, YuvColours } from '../types.js';

/** Pixels on their way into the module. */
export interface Pixels {
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
  readonly format: PixelFormat;
  /** Of i420 and nv12; BT.601 in limited range when left out. */
  readonly yuv?: YuvColours | undefined;
}

type TypedArrayOf = new (buffer: ArrayBuffer) => OutputTensor['data'];

// ONNX's numbers of element types.
const types = new Map<number, [TensorType, TypedArrayOf]>([
  [1, ['float32', Float32Array]],
  [2, ['uint8', Uint8Array]],
  [3, ['int8', Int8Array]],
  [4, ['uint16', Uint16Array]],
  [5, ['int16', Int16Array]],
  [6, ['int32', Int32Array]],
  [7, ['int64', BigInt64Array]],
  [9, ['bool', Uint8Array]],
  [10, ['float16', Uint16Array]],
  [11, ['float64', Float64Array]],
  [12, ['uint32', Uint32Array]],
  [13, ['uint64', BigUint64Array]],
]);
export const typeNumbers = new Map([...types].map(([number, [name]]) => [name, number]));

export const pixelFormats: Readonly<Record<PixelFormat, number>> = {
  rgba: abi.RGBA8,
  rgb: abi.RGB8,
  bgr: abi.BGR8,
  bgra: abi.BGRA8,
  gray: abi.GRAY8,
  i420: abi.I420,
  nv12: abi.NV12,
};

export const yuvColours: Readonly<Record<YuvColours, number>> = {
  bt601: abi.BT601_LIMITED,
  'bt601-full': abi.BT601_FULL,
  bt709: abi.BT709_LIMITED,
  'bt709-full': abi.BT709_FULL,
};

/** A copy of the tensor at `record`. */
export function readTensor(heap: Heap, record: number): OutputTensor {
  const { view } = heap;
  const number = view.getUint32(record + records.tensor.type, true);
  const known = types.get(number);
  if (known === undefined) throw new SluiceError('type_mismatch', `tensor element type ${number} is not known`);
  const [type, TypedArray] = known;
  const rank = view.getUint32(record + records.tensor.rank, true);
  const dims = Array.from({ length: rank }, (_, i) => Number(view.getBigInt64(record + records.tensor.dims + 8 * i, true)));
  const data = new TypedArray(heap.bytesAt(record + records.tensor.bytes).buffer as ArrayBuffer);
  return { name: heap.textAt(record + records.tensor.name), type, dims, data };
}

/** Runs `use` on an array of tensor records that hold copies of `tensors`; all is freed however `use` ends. */
export function withTensors<T>(heap: Heap, tensors: readonly OutputTensor[], use: (address: number, count: number) => T): T {
  const allocated: number[] = [];
  const copy = (bytes: Uint8Array): number => {
    const address = heap.allocate(bytes.length);
    allocated.push(address);
    heap.bytes.set(bytes, address);
    return address;
  };
  try {
    const array = heap.allocate(records.tensor.size * Math.max(tensors.length, 1));
    allocated.push(array);
    tensors.forEach((tensor, i) => writeTensor(heap, array + i * records.tensor.size, tensor, copy));
    return use(array, tensors.length);
  } finally {
    for (const address of allocated) heap.free(address);
  }
}

function writeTensor(heap: Heap, record: number, tensor: OutputTensor, copy: (bytes: Uint8Array) => number): void {
  const { buffer, byteOffset, byteLength } = tensor.data;
  const name = new TextEncoder().encode(tensor.name);
  const data = copy(new Uint8Array(buffer, byteOffset, byteLength));
  const text = copy(name);
  const { view } = heap;
  if (tensor.dims.length > abi.MAX_RANK) throw new SluiceError('shape_mismatch', `a tensor of rank ${tensor.dims.length}; at most ${abi.MAX_RANK} is possible`);
  view.setUint32(record + records.tensor.type, typeNumbers.get(tensor.type) ?? 0, true);
  view.setUint32(record + records.tensor.rank, tensor.dims.length, true);
  tensor.dims.forEach((dim, i) => view.setBigInt64(record + records.tensor.dims + 8 * i, BigInt(dim), true));
  heap.setBytes(record + records.tensor.bytes, data, byteLength);
  heap.setBytes(record + records.tensor.name, text, name.length);
}
