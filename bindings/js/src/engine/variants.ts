// The section `variants` of a manifest, for who runs one of them: other forms of the full model. The C interface does not tell it.
export interface Variant {
  readonly name: string;
  readonly part: string;
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
    const { name, part } = (entry ?? {}) as Readonly<Record<string, unknown>>;
    return typeof name === 'string' && typeof part === 'string' ? [{ name, part }] : [];
  });
}
