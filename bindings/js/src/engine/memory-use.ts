// How much memory modules have and use, as they say themselves, and what inputs take that wait for their answers. Plain functions.
import { heldBytes, type Input } from './input.js';
import { records } from '../bindings/abi.js';
import type { SluiceModule } from '../bindings/module.js';
import type { MemoryUse } from '../types.js';

/** Of the client's module, and of the full model's where there is one. */
export function memoryUse(module: SluiceModule, model: SluiceModule | undefined, inputs: Iterable<Input>): MemoryUse {
  let pendingPictureBytes = 0;
  for (const input of inputs) pendingPictureBytes += heldBytes(input);
  const used = [module, model].map(usedMemory);
  return {
    wasmBytes: used[0]!.heap + used[1]!.heap,
    usedBytes: used[0]!.used + used[1]!.used,
    maxBytes: module.maxMemoryBytes * (model === undefined ? 1 : 2),
    pendingPictureBytes,
  };
}

/** Nothing without a module. */
function usedMemory(module: SluiceModule | undefined): { heap: number; used: number } {
  if (module === undefined) return { heap: 0, used: 0 };
  const { heap, gate } = module;
  const record = heap.allocateRecord(records.memoryUse.size);
  try {
    heap.call((error) => gate.sluice_memory(record, error));
    const { view } = heap;
    return {
      heap: Number(view.getBigUint64(record + records.memoryUse.heapBytes, true)),
      used: Number(view.getBigUint64(record + records.memoryUse.usedBytes, true)),
    };
  } finally {
    heap.free(record);
  }
}
