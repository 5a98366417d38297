// What this runtime can do, found by trying: WebAssembly.validate on modules of a few bytes, and a shared buffer that really
// goes through a message port before threads are believed in.

export interface Features {
  readonly simd: boolean;
  readonly relaxedSimd: boolean;
  readonly exceptions: boolean;
  /** undefined when shared memory works, else why it does not. */
  readonly noSharedMemory: string | undefined;
  readonly hardwareConcurrency: number;
}

const magic = [0, 97, 115, 109, 1, 0, 0, 0];
const noParameters = [1, 4, 1, 96, 0, 0, 3, 2, 1, 0]; // one function of type () -> ()
const givesVector = [1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0]; // one function of type () -> v128

// i32.const 0, i8x16.splat, i8x16.popcnt
const simd = [...magic, ...givesVector, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11];
// i8x16.relaxed_swizzle on two splats
const relaxedSimd = [...magic, ...givesVector, 10, 15, 1, 13, 0, 65, 1, 253, 15, 65, 2, 253, 15, 253, 128, 2, 11];
// try, catch_all, end: the form that the modules are compiled to
const exceptions = [...magic, ...noParameters, 10, 8, 1, 6, 0, 6, 64, 25, 11, 11];
// a shared memory, i32.atomic.load, drop
const atomics = [...magic, ...noParameters, 5, 4, 1, 3, 1, 1, 10, 11, 1, 9, 0, 65, 0, 254, 16, 2, 0, 26, 11];

const valid = (bytes: readonly number[]): boolean => WebAssembly.validate(new Uint8Array(bytes));

export function probeFeatures(hardwareConcurrency: number): Features {
  return {
    simd: valid(simd),
    relaxedSimd: valid(relaxedSimd),
    exceptions: valid(exceptions),
    noSharedMemory: whyNoSharedMemory(),
    hardwareConcurrency,
  };
}

function whyNoSharedMemory(): string | undefined {
  const scope = globalThis as { crossOriginIsolated?: boolean };
  if (scope.crossOriginIsolated === false) return 'the page is not cross-origin isolated (COOP and COEP headers)';
  if (typeof SharedArrayBuffer === 'undefined') return 'SharedArrayBuffer is missing';
  if (!valid(atomics)) return 'WebAssembly atomics are missing';
  const { port1, port2 } = new MessageChannel();
  try {
    port1.postMessage(new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }).buffer);
    return undefined;
  } catch {
    return 'shared memory cannot be sent to a worker';
  } finally {
    port1.close();
    port2.close();
  }
}
