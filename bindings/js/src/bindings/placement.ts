// How the input of the client's last answer was placed, from the records of the C interface.
import { records } from './abi.js';
import type { PlacementRecord } from './client.js';
import type { SluiceModule } from './module.js';
import { SluiceError } from '../errors.js';
import type { ConsideredForm, Duplicate, Form } from '../types.js';

/** As the C interface numbers them. */
export const forms: readonly Form[] = ['whole', 'file', 'shrunk', 'features', 'stages', 'here'];
const duplicates: readonly Duplicate[] = ['none', 'skipped', 'begun', 'won'];

/** `client`: its handle, whose last event is an answer for an input that was placed. */
export function readPlacement({ heap, client: calls }: SluiceModule, client: number): PlacementRecord {
  if (calls === undefined) throw new SluiceError('internal', 'this module holds the gate only');
  const fields = records.placement;
  const record = heap.allocateRecord(fields.size);
  try {
    heap.call((error) => calls.sluice_client_event_placement(client, record, error));
    const count = heap.view.getUint32(record + fields.consideredCount, true);
    const considered = Array.from({ length: count }, (_, i) => readConsidered(i));
    const { view } = heap;
    const taken = considered[view.getUint32(record + fields.taken, true)];
    return {
      form: taken?.form,
      predictedMs: taken?.predictedMs,
      predictedBytes: taken?.bytes,
      actualMs: msAt(record + fields.actualUs),
      actualBytes: Number(view.getBigUint64(record + fields.actualBytes, true)),
      considered,
      duplicate: duplicates[view.getUint32(record + fields.duplicate, true)] ?? 'none',
    };
  } finally {
    heap.free(record);
  }

  function readConsidered(index: number): ConsideredForm {
    const one = records.considered;
    const at = heap.allocateRecord(one.size);
    try {
      heap.call((error) => calls!.sluice_client_event_considered(client, index, at, error));
      return {
        form: forms[heap.view.getUint32(at + one.form, true)] ?? 'whole',
        predictedMs: msAt(at + one.predictedUs),
        predictedP95Ms: msAt(at + one.predictedP95Us),
        bytes: Number(heap.view.getBigUint64(at + one.bytes, true)),
        inTime: heap.view.getUint32(at + one.inTime, true) !== 0,
      };
    } finally {
      heap.free(at);
    }
  }

  function msAt(address: number): number {
    return Number(heap.view.getBigInt64(address, true)) / 1000;
  }
}
