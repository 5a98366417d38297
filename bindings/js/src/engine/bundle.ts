// A bundle's manifest and parts: where they are, whether they are what the manifest says.
import { download, type DownloadContext } from './download.js';
import { readBundle, type PartBytes, type PartInfo } from '../bindings/bundle.js';
import type { SluiceModule } from '../bindings/module.js';
import { SluiceError } from '../errors.js';
import type { BundleInfo, BundleSource, Source } from '../types.js';
import type { StagesThere } from './stages-plan.js';
import { readVariants, type Variant } from './variants.js';

const maxManifestBytes = 1 << 20;

/** An address (of the manifest) or the parts themselves; what crosses to the worker. */
export type BundlePlace = { readonly type: 'url'; readonly manifest: string } | ({ readonly type: 'parts' } & BundleSource);

/** A manifest before a module has read it. */
export interface ManifestText {
  readonly place: BundlePlace;
  readonly text: string;
  /** What its bundle is about, on which the module to load depends. 'image' where the text doesn't say; the module that reads it has the last word. */
  readonly modality: string;
  /** What its model has of early exits. As good as `modality`. */
  readonly stages: StagesThere;
}

export async function fetchManifest(place: BundlePlace, context: DownloadContext): Promise<ManifestText> {
  const need = { what: 'manifest', maxBytes: maxManifestBytes, hint: "pass the address of the bundle's folder or of its manifest.json" };
  const text = new TextDecoder().decode(await download(place.manifest, need, context));
  return { place, text, ...kindIn(text) };
}

function kindIn(text: string): Pick<ManifestText, 'modality' | 'stages'> {
  const there = (value: unknown): boolean => value !== undefined && value !== null;
  try {
    const { model, exits } = (JSON.parse(text) ?? {}) as { model?: { input?: { modality?: unknown } }; exits?: { cut?: unknown } };
    const modality = model?.input?.modality;
    return { modality: typeof modality === 'string' ? modality : 'image', stages: { exits: there(exits), cut: there(exits?.cut) } };
  } catch {
    return { modality: 'image', stages: { exits: false, cut: false } };
  }
}

export class Bundle {
  readonly text: string;
  readonly info: BundleInfo;
  readonly modelPart: string;
  /** Beside the model, where that has early exits and the module can run them. */
  readonly exitsPart: string | undefined;
  /** Beside both, where that has a cut between device and server. */
  readonly cutPart: string | undefined;
  /** Whether the manifest has a section of exits, which a module without full models does not read. */
  readonly hasExits: boolean;
  readonly variants: readonly Variant[];
  /** 'sha256', or why hashes could not be checked. */
  readonly integrity: string;
  readonly #parts: readonly PartInfo[];
  readonly #place: BundlePlace;

  constructor(module: SluiceModule, { place, text, stages }: ManifestText) {
    const { info, parts } = readBundle(module, text);
    this.text = text;
    this.info = info;
    this.#parts = parts;
    this.#place = place;
    this.modelPart = parts.find(({ forModel }) => forModel)?.name ?? '';
    this.exitsPart = parts.find(({ forExits }) => forExits)?.name;
    this.cutPart = parts.find(({ forCut }) => forCut)?.name;
    this.hasExits = stages.exits;
    this.variants = readVariants(text);
    this.integrity = globalThis.crypto?.subtle === undefined ? 'sizes only: hashing needs a secure context (https or localhost)' : 'sha256';
  }

  /** What the module could run of the model by stages. */
  get stages(): StagesThere {
    return { exits: this.exitsPart !== undefined, cut: this.cutPart !== undefined };
  }

  /** What the questions are made of; empty for a bundle without any. */
  async questionParts(context: DownloadContext): Promise<PartBytes[]> {
    const parts: PartBytes[] = [];
    for (const { name } of this.#parts.filter(({ forQuestions }) => forQuestions)) parts.push({ name, bytes: await this.part(name, context) });
    return parts;
  }

  /** The bytes of a part, of the size and hash that the manifest gives. */
  async part(name: string, context: DownloadContext): Promise<Uint8Array<ArrayBuffer>> {
    const part = this.#parts.find((one) => one.name === name);
    if (part === undefined) throw new SluiceError('bundle_part_missing', `the manifest of '${this.info.name}' has no part '${name}'`);
    const source = this.#sourceOf(part);
    const url = typeof source === 'string' ? source : undefined;
    const bytes = await download(
      source,
      { what: name, maxBytes: part.bytes, expectedBytes: part.bytes, hint: 'fetch the bundle again; its files must lie beside the manifest' },
      context,
    ).catch((thrown: unknown) => {
      if (thrown instanceof SluiceError && thrown.code === 'out_of_memory') throw wrongSize(part, 'more', url);
      throw thrown;
    });
    if (bytes.length !== part.bytes) throw wrongSize(part, String(bytes.length), url);
    await verify(bytes, part, url);
    return bytes;
  }

  #sourceOf(part: PartInfo): Source {
    if (this.#place.type === 'url') return new URL(part.file, this.#place.manifest).href;
    const source = this.#place.parts[part.name];
    if (source === undefined) {
      throw new SluiceError('bundle_part_missing', `the part '${part.name}' was not given`, { hint: `add it to parts: { '${part.name}': … }` });
    }
    return source;
  }
}

function wrongSize(part: PartInfo, found: string, url: string | undefined): SluiceError {
  return new SluiceError('bundle_part_corrupt', `the part '${part.name}' has ${found} bytes; the manifest says ${part.bytes}`, { url });
}

async function verify(bytes: Uint8Array<ArrayBuffer>, part: PartInfo, url: string | undefined): Promise<void> {
  const subtle = globalThis.crypto?.subtle;
  if (subtle === undefined) return;
  const digest = new Uint8Array(await subtle.digest('SHA-256', bytes));
  const found = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  if (found === part.sha256.toLowerCase()) return;
  throw new SluiceError('bundle_part_corrupt', `the part '${part.name}' has SHA-256 ${found}; the manifest says ${part.sha256}`, { url });
}
