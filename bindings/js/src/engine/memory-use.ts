// How much memory a module has and uses, as it says itself. Plain function; nothing without a module.
import { records } from '../bindings/abi.js';
import type { SluiceModule } from '../bindings/module.js';

export function usedMemory(module: SluiceModule | undefined): { heap: number; used: number } {
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
