// How the client's live promise stands, from the records of the C interface.
import { records } from './abi.js';
import type { SluiceModule } from './module.js';
import { SluiceError } from '../errors.js';
import type { PromisePlace, PromiseStanding, PromiseState } from '../types.js';

// As the C interface numbers them.
const states: readonly PromiseState[] = ['learning', 'kept', 'tight', 'broken'];

/** `client`: a handle. undefined: it keeps no live promise, or its target is 1. */
export function readPromise({ heap, full: calls }: SluiceModule, client: number): PromiseStanding | undefined {
  if (calls === undefined) return undefined;
  const fields = records.promise;
  const record = heap.allocateRecord(fields.size);
  try {
    heap.call((error) => calls.sluice_client_promise(client, record, error));
    const { view } = heap;
    const count = (field: number): number => Number(view.getBigUint64(record + field, true));
    const real = (field: number): number => view.getFloat64(record + field, true);
    const inputs = count(fields.inputs);
    const agreement = (errors: number, of: number): number => (of > 0 ? Math.min(1, Math.max(0, 1 - errors / of)) : 1);
    const errors = real(fields.errors);
    const places = view.getUint32(record + fields.placeCount, true);
    return {
      state: states[view.getUint32(record + fields.state, true)] ?? 'learning',
      since: count(fields.since),
      target: real(fields.target),
      inputs,
      answered: count(fields.answered),
      agreement: agreement(errors, inputs),
      agreementWithMargin: agreement(errors + real(fields.deviation), inputs),
      recentAgreement: agreement(real(fields.recentErrors), real(fields.recentInputs)),
      provenLeast: agreement(count(fields.provenMost), inputs),
      provenMost: agreement(count(fields.provenLeast), inputs),
      confidence: real(fields.confidence),
      errorsAllowed: real(fields.allowedErrors),
      errorsSpent: errors,
      audits: count(fields.audits),
      auditsPending: count(fields.pending),
      auditsFoundWrong: count(fields.found),
      auditBytesUp: count(fields.auditBytesUp),
      auditModelMs: Number(view.getBigInt64(record + fields.auditComputeUs, true)) / 1000,
      alarms: count(fields.alarms),
      lastAlarm: count(fields.lastAlarm) || undefined,
      alarmNearness: real(fields.alarmNearness),
      places: Array.from({ length: places }, (_, i) => readPlace(i)),
    };
  } catch (thrown) {
    if (thrown instanceof SluiceError && thrown.code === 'not_found') return undefined;
    throw thrown;
  } finally {
    heap.free(record);
  }

  function readPlace(index: number): PromisePlace {
    const one = records.promisePlace;
    const at = heap.allocateRecord(one.size);
    try {
      heap.call((error) => calls!.sluice_client_promise_place(client, index, at, error));
      return { name: heap.textAt(at + one.name), threshold: heap.view.getFloat32(at + one.threshold, true) };
    } finally {
      heap.free(at);
    }
  }
}
