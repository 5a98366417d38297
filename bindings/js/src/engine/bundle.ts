// A bundle's manifest and parts: where they are, whether they are what the manifest says.
import { download, type DownloadContext } from './download.js';
import { SluiceError } from '../errors.js';
import type { BundleInfo, BundleSource, OperatingPoint, Source } from '../types.js';

const maxManifestBytes = 1 << 20;

interface Part {
  readonly name: string;
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** The fields of manifest.json that are used here; the core checks the rest (and these) before they are read. */
interface ManifestJson {
  readonly name: string;
  readonly version: string;
  readonly description?: string;
  readonly parts: readonly Part[];
  readonly model: { readonly part: string };
  readonly skip?: {
    readonly part: string;
    readonly operating_points: readonly { target: number; confidence: number; threshold: number; filter_rate: number }[];
  };
}

/** An address (of the manifest) or the parts themselves; what crosses to the worker. */
export type BundlePlace = { readonly type: 'url'; readonly manifest: string } | ({ readonly type: 'parts' } & BundleSource);

export class Bundle {
  readonly text: string;
  readonly info: BundleInfo;
  /** The part of the gate's network; undefined for a bundle without a gate. */
  readonly filterPart: string | undefined;
  readonly modelPart: string;
  /** 'sha256', or why hashes could not be checked. */
  readonly integrity: string;
  readonly #json: ManifestJson;
  readonly #place: BundlePlace;

  private constructor(text: string, place: BundlePlace, check: (manifest: string) => void) {
    check(text);
    this.text = text;
    this.#json = JSON.parse(text) as ManifestJson;
    this.#place = place;
    const { name, version, description, skip, model } = this.#json;
    this.info = { name, version, description: description ?? '', operatingPoints: (skip?.operating_points ?? []).map(point) };
    this.filterPart = skip?.part;
    this.modelPart = model.part;
    this.integrity = globalThis.crypto?.subtle === undefined ? 'sizes only: hashing needs a secure context (https or localhost)' : 'sha256';
  }

  /** `check` is the core's own reading of the manifest and throws when it is wrong. */
  static async load(place: BundlePlace, check: (manifest: string) => void, context: DownloadContext): Promise<Bundle> {
    const source = place.manifest;
    const bytes = await download(
      source,
      { what: 'manifest', maxBytes: maxManifestBytes, hint: "pass the address of the bundle's folder or of its manifest.json" },
      context,
    );
    return new Bundle(new TextDecoder().decode(bytes), place, check);
  }

  /** The bytes of a part, of the size and hash that the manifest gives. */
  async part(name: string, context: DownloadContext): Promise<Uint8Array<ArrayBuffer>> {
    const part = this.#json.parts.find((one) => one.name === name);
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

  #sourceOf(part: Part): Source {
    if (this.#place.type === 'url') return new URL(part.file, this.#place.manifest).href;
    const source = this.#place.parts[part.name];
    if (source === undefined) {
      throw new SluiceError('bundle_part_missing', `the part '${part.name}' was not given`, { hint: `add it to parts: { '${part.name}': … }` });
    }
    return source;
  }
}

function wrongSize(part: Part, found: string, url: string | undefined): SluiceError {
  return new SluiceError('bundle_part_corrupt', `the part '${part.name}' has ${found} bytes; the manifest says ${part.bytes}`, { url });
}

async function verify(bytes: Uint8Array<ArrayBuffer>, part: Part, url: string | undefined): Promise<void> {
  const subtle = globalThis.crypto?.subtle;
  if (subtle === undefined) return;
  const digest = new Uint8Array(await subtle.digest('SHA-256', bytes));
  const found = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  if (found === part.sha256.toLowerCase()) return;
  throw new SluiceError('bundle_part_corrupt', `the part '${part.name}' has SHA-256 ${found}; the manifest says ${part.sha256}`, { url });
}

function point(from: { target: number; confidence: number; threshold: number; filter_rate: number }): OperatingPoint {
  return { target: from.target, confidence: from.confidence, threshold: from.threshold, filterRate: from.filter_rate };
}
