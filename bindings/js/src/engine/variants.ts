// The section `variants` of a manifest: other forms of the full model, which the modules that run no full models do not read.
export interface Variant {
  readonly name: string;
  readonly part: string;
  /** The share of inputs on which it agrees with the model; undefined where that was not measured. */
  readonly agreement: number | undefined;
}

/** Those that are named in the text; none where it is no manifest, which is for the module to say. */
export function readVariants(manifest: string): readonly Variant[] {
  let section: unknown;
  try {
    section = ((JSON.parse(manifest) ?? {}) as { variants?: unknown }).variants;
  } catch {
    return [];
  }
  if (!Array.isArray(section)) return [];
  return section.flatMap((entry: unknown) => {
    const { name, part, agreement } = (entry ?? {}) as Readonly<Record<string, unknown>>;
    if (typeof name !== 'string' || typeof part !== 'string') return [];
    return [{ name, part, agreement: typeof agreement === 'number' ? agreement : undefined }];
  });
}
