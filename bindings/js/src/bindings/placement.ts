// How the input of the client's last answer was placed, from the records of the C interface.
import { records } from './abi.js';
import type { PlacementRecord } from './client.js';
import type { SluiceModule } from './module.js';
import { SluiceError } from '../errors.js';
import type { Choice, ConsideredAnswer, Duplicate, Form } from '../types.js';

// As the C interface numbers them.
export const choices: readonly Choice[] = ['skip', 'reuse', 'exit', 'split', 'small', 'whole', 'here', 'file'];
const forms: readonly Form[] = ['whole', 'file', 'shrunk', 'features', 'stages', 'here'];
const duplicates: readonly Duplicate[] = ['none', 'skipped', 'begun', 'won'];

/** `client`: its handle, whose last event is an answer for an input that was placed; `chooses`: by what answers cost. */
export function readPlacement({ heap, full: calls }: SluiceModule, client: number, chooses: boolean): PlacementRecord {
  if (calls === undefined) throw new SluiceError('internal', 'this module places no inputs');
  const fields = records.placement;
  const record = heap.allocateRecord(fields.size);
  try {
    heap.call((error) => calls.sluice_client_event_placement(client, record, error));
    const count = heap.view.getUint32(record + fields.consideredCount, true);
    const index = heap.view.getUint32(record + fields.taken, true);
    const considered = Array.from({ length: count }, (_, i) => readConsidered(i, i === index));
    const { view } = heap;
    const taken = considered[index];
    return {
      chosen: taken?.kind,
      form: taken?.form,
      predictedMs: taken?.predictedMs,
      predictedBytes: taken?.bytes,
      actualMs: msAt(record + fields.actualUs),
      actualBytes: Number(view.getBigUint64(record + fields.actualBytes, true)),
      considered,
      actualCost: priced(record + fields.actualCost),
      pricePerError: priced(record + fields.pricePerError),
      timesChosen: chooses ? view.getUint32(record + fields.asked, true) : undefined,
      duplicate: duplicates[view.getUint32(record + fields.duplicate, true)] ?? 'none',
    };
  } finally {
    heap.free(record);
  }

  function readConsidered(index: number, taken: boolean): ConsideredAnswer {
    const one = records.considered;
    const at = heap.allocateRecord(one.size);
    try {
      heap.call((error) => calls!.sluice_client_event_considered(client, index, at, error));
      return {
        kind: choices[heap.view.getUint32(at + one.choice, true)] ?? 'whole',
        form: forms[heap.view.getUint32(at + one.form, true)] ?? 'whole',
        setting: heap.view.getUint32(at + one.setting, true),
        taken,
        predictedMs: msAt(at + one.predictedUs),
        predictedP95Ms: msAt(at + one.predictedP95Us),
        bytes: Number(heap.view.getBigUint64(at + one.bytes, true)),
        inTime: heap.view.getUint32(at + one.inTime, true) !== 0,
        cost: priced(at + one.cost),
        error: priced(at + one.error),
        allowed: chooses ? heap.view.getUint32(at + one.allowed, true) !== 0 : undefined,
      };
    } finally {
      heap.free(at);
    }
  }

  function priced(address: number): number | undefined {
    return chooses ? heap.view.getFloat32(address, true) : undefined;
  }

  function msAt(address: number): number {
    return Number(heap.view.getBigInt64(address, true)) / 1000;
  }
}
