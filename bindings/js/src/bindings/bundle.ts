// What the module says about a bundle, and the handle that other calls need: a bundle is opened from the manifest's text, used,
// and closed again, since every instance of a module reads it anew. Every call throws a SluiceError when it fails.
import { abi, records } from './abi.js';
import { decimal } from './decimal.js';
import type { Heap } from './heap.js';
import type { SluiceModule } from './module.js';
import type { BundleInfo, Modality, OperatingPoint, QuestionInfo } from '../types.js';

/** A file of the bundle, as its manifest states it. */
export interface PartInfo {
  readonly name: string;
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly forQuestions: boolean;
  readonly forModel: boolean;
  /** Beside the model, which runs by stages with it; only modules that run full models know. */
  readonly forExits: boolean;
  /** Beside both, where a server goes on from a cut. */
  readonly forCut: boolean;
}

/** The contents of a part. */
export interface PartBytes {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface BundleContents {
  readonly info: BundleInfo;
  readonly parts: readonly PartInfo[];
}

const modalities: readonly Modality[] = ['image', 'clip', 'audio', 'signal', 'text', 'tensor'];

/** Runs `use` on the handle of a bundle, which is closed however `use` ends. */
export function withBundle<T>({ heap, gate }: SluiceModule, manifest: string, use: (bundle: number) => T): T {
  const slot = heap.allocate(records.bytes.size);
  let bundle = 0;
  try {
    heap.withText(manifest, (json, length) => heap.call((error) => gate.sluice_bundle_open(json, length, slot, error)));
    bundle = heap.view.getUint32(slot, true);
    return use(bundle);
  } finally {
    if (bundle !== 0) heap.destroy(() => gate.sluice_bundle_destroy(bundle));
    heap.free(slot);
  }
}

/** Runs `use` on an array of part records that hold copies of `parts`; all is freed however `use` ends. */
export function withParts<T>(heap: Heap, parts: readonly PartBytes[], use: (address: number, count: number) => T): T {
  if (parts.length === 0) return use(0, 0);
  const array = heap.allocate(records.part.size * parts.length);
  const fill = (index: number): T => {
    const part = parts[index];
    if (part === undefined) return use(array, parts.length);
    const record = array + index * records.part.size;
    return heap.withText(part.name, (name, nameLength) =>
      heap.withBytes(part.bytes, (bytes, length) => {
        heap.setBytes(record + records.part.name, name, nameLength);
        heap.setBytes(record + records.part.bytes, bytes, length);
        return fill(index + 1);
      }),
    );
  };
  try {
    return fill(0);
  } finally {
    heap.free(array);
  }
}

export function readBundle(module: SluiceModule, manifest: string): BundleContents {
  return withBundle(module, manifest, (bundle) => new BundleReader(module, bundle).read());
}

class BundleReader {
  readonly #module: SluiceModule;
  readonly #bundle: number;

  constructor(module: SluiceModule, bundle: number) {
    this.#module = module;
    this.#bundle = bundle;
  }

  read(): BundleContents {
    const { heap, gate } = this.#module;
    const fields = records.bundleInfo;
    return this.#record(
      fields.size,
      (out, error) => gate.sluice_bundle_describe(this.#bundle, out, error),
      (record) => {
        const u32 = (field: number): number => heap.view.getUint32(record + field, true);
        const questions = Array.from({ length: u32(fields.questionCount) }, (_, i) => this.#question(i));
        const modality = modalities[u32(fields.modality)] ?? 'tensor';
        return {
          info: {
            name: heap.textAt(record + fields.name),
            version: heap.textAt(record + fields.version),
            description: heap.textAt(record + fields.description),
            modality,
            sizes: modality === 'tensor' ? this.#dims(record) : [0, 4, 8].map((at) => u32(fields.sizes + at)).filter((size) => size !== 0),
            defaultTarget: decimal(heap.view.getFloat32(record + fields.defaultTarget, true)),
            questions,
            operatingPoints: questions.find(({ kind }) => kind === 'skip')?.operatingPoints ?? [],
          },
          parts: Array.from({ length: u32(fields.partCount) }, (_, i) => this.#part(i)),
        };
      },
    );
  }

  #dims(record: number): number[] {
    const { view } = this.#module.heap;
    const rank = view.getUint32(record + records.bundleInfo.tensorRank, true);
    return Array.from({ length: rank }, (_, i) => Number(view.getBigInt64(record + records.bundleInfo.tensorDims + 8 * i, true)));
  }

  #part(index: number): PartInfo {
    const { heap, gate } = this.#module;
    const fields = records.bundlePart;
    return this.#record(
      fields.size,
      (out, error) => gate.sluice_bundle_get_part(this.#bundle, index, out, error),
      (record) => {
        const uses = heap.view.getUint32(record + fields.uses, true);
        return {
          name: heap.textAt(record + fields.name),
          file: heap.textAt(record + fields.file),
          bytes: Number(heap.view.getBigUint64(record + fields.bytes, true)),
          sha256: heap.textAt(record + fields.sha256),
          forQuestions: (uses & abi.USED_BY_QUESTIONS) !== 0,
          forModel: (uses & abi.USED_BY_MODEL) !== 0,
          forExits: (uses & abi.USED_BY_EXITS) !== 0,
          forCut: (uses & abi.USED_BY_CUT) !== 0,
        };
      },
    );
  }

  #question(index: number): QuestionInfo {
    const { heap, gate } = this.#module;
    const fields = records.question;
    return this.#record(
      fields.size,
      (out, error) => gate.sluice_bundle_get_question(this.#bundle, index, out, error),
      (record) => ({
        kind: heap.textAt(record + fields.kind),
        errorShare: decimal(heap.view.getFloat32(record + fields.errorShare, true)),
        operatingPoints: Array.from({ length: heap.view.getUint32(record + fields.pointCount, true) }, (_, i) => this.#point(index, i)),
      }),
    );
  }

  #point(question: number, index: number): OperatingPoint {
    const { heap, gate } = this.#module;
    const fields = records.operatingPoint;
    return this.#record(
      fields.size,
      (out, error) => gate.sluice_bundle_get_operating_point(this.#bundle, question, index, out, error),
      (record) => {
        const f32 = (field: number): number => decimal(heap.view.getFloat32(record + field, true));
        return { target: f32(fields.target), confidence: f32(fields.confidence), threshold: f32(fields.threshold), filterRate: f32(fields.filterRate) };
      },
    );
  }

  #record<T>(size: number, fill: (out: number, error: number) => number, read: (record: number) => T): T {
    const { heap } = this.#module;
    const record = heap.allocateRecord(size);
    try {
      heap.call((error) => fill(record, error));
      return read(record);
    } finally {
      heap.free(record);
    }
  }
}
