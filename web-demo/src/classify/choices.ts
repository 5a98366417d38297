// What there is to classify with: the bundles that the page knows, those of them that the server offers, and the one that the address names.
export type Way = 'halves' | 'exits';

export interface Choice {
  readonly name: string;
  readonly url: URL;
  /** undefined: not offered, or of neither kind. */
  readonly way: Way | undefined;
  readonly manifest: string;
  /** On the switch. */
  readonly label: string;
}

const kKnown: Readonly<Record<string, string>> = {
  'cifar10-split': 'Two halves',
  'cifar10-exits-vgg': 'Early exits, VGG',
  'cifar10-exits-inception': 'Early exits, Inception',
};
const kFirst = 'cifar10-split';

export interface Choices {
  /** Always in the same order. */
  readonly offered: readonly Choice[];
  /** What was asked for, whether it is offered or not. */
  readonly asked: Choice;
}

export async function findChoices(name: string | null): Promise<Choices> {
  const wanted = name ?? kFirst;
  const served = await servedNames();
  const known = Object.keys(kKnown).filter((one) => one === wanted || served.includes(one));
  const all = await Promise.all((known.includes(wanted) ? known : [wanted, ...known]).map(read));
  return { offered: all.filter(({ way }) => way !== undefined), asked: all.find((choice) => choice.name === wanted)! };
}

/** What the server says that it has; nothing where no server of ours hands the page out. */
async function servedNames(): Promise<string[]> {
  try {
    const response = await fetch(new URL('v2/repository/index', document.baseURI), { method: 'POST' });
    const models = response.ok ? ((await response.json()) as readonly { readonly name: string; readonly state: string }[]) : [];
    return models.filter(({ state }) => state === 'READY').map(({ name }) => name);
  } catch {
    return [];
  }
}

async function read(name: string): Promise<Choice> {
  const url = new URL(`bundles/${encodeURIComponent(name)}/`, document.baseURI);
  const missing: Choice = { name, url, way: undefined, manifest: '', label: kKnown[name] ?? name };
  try {
    const response = await fetch(new URL('manifest.json', url));
    if (!response.ok) return missing;
    const manifest = await response.text();
    return { ...missing, manifest, way: wayOf(manifest) };
  } catch {
    return missing; // no server, or a manifest that is no JSON
  }
}

function wayOf(manifest: string): Way | undefined {
  const { split, exits } = (JSON.parse(manifest) ?? {}) as { readonly split?: unknown; readonly exits?: unknown };
  if (split !== undefined && split !== null) return 'halves';
  return exits !== undefined && exits !== null ? 'exits' : undefined;
}
