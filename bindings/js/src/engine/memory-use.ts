// How much memory modules have and use, as they say themselves, and what inputs take that wait for their answers. Plain functions.
import { heldBytes, type Input } from './input.js';
import { records } from '../bindings/abi.js';
import type { SluiceModule } from '../bindings/module.js';
import type { MemoryUse } from '../types.js';

/** Of the client's module, and of those of models that run here. */
export function memoryUse(module: SluiceModule, models: readonly (SluiceModule | undefined)[], inputs: Iterable<Input>): MemoryUse {
  let pendingPictureBytes = 0;
  for (const input of inputs) pendingPictureBytes += heldBytes(input);
  const modules = [module, ...models.filter((one) => one !== undefined)];
  const used = modules.map(usedMemory);
  return {
    wasmBytes: used.reduce((sum, { heap }) => sum + heap, 0),
    usedBytes: used.reduce((sum, one) => sum + one.used, 0),
    maxBytes: module.maxMemoryBytes * modules.length,
    pendingPictureBytes,
  };
}

function usedMemory(module: SluiceModule): { heap: number; used: number } {
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
