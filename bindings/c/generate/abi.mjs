// Generates from sluice.h what other languages need of the C interface, so that nothing is written down twice:
//   wasm/exports*.txt                          the functions that the modules export
//   bindings/js/src/bindings/abi.ts           constants, record layouts and function types for TypeScript
//   bindings/c/layout_asserts.inc             the same layouts as static_asserts, which every compiler of the library checks
//
//   node bindings/c/generate/abi.mjs           writes them
//   node bindings/c/generate/abi.mjs --check   exits 1 and names the files that are out of date
//
// It reads the plain style in which sluice.h is written: one declaration after the other, no macros within them.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
const made = 'Generated from bindings/c/sluice.h by bindings/c/generate/abi.mjs; edit the header, not this file.';
const header = readFileSync(join(root, 'bindings/c/sluice.h'), 'utf8');
const source = header.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\/\/.*$/gm, '');

const constants = new Map();
for (const [, name, value] of source.matchAll(/^#define (SLUICE_[A-Z_]+) (\d+)$/gm)) constants.set(name, Number(value));

// ---- types

const scalars = {
  uint32_t: { size: 4 },
  int32_t: { size: 4 },
  sluice_status: { size: 4 },
  float: { size: 4 },
  uint64_t: { size: 8 },
  int64_t: { size: 8 },
  double: { size: 8 },
  char: { size: 1 },
};
for (const [, name] of source.matchAll(/^typedef uint32_t (sluice_\w+);$/gm)) scalars[name] = scalars.uint32_t;

const enums = [];
for (const [, body] of source.matchAll(/enum \{([\s\S]*?)\};/g)) {
  enums.push([...body.matchAll(/(SLUICE_\w+)\s*=\s*(\d+)/g)].map(([, name, value]) => [name, Number(value)]));
}

const records = new Map();
for (const [, body, name] of source.matchAll(/typedef struct sluice_\w+ \{([\s\S]*?)\} (sluice_\w+);/g)) {
  records.set(name, layOut(name, body));
}

// Offsets as C gives them. A pointer takes four bytes in WebAssembly and eight natively; what follows it is always aligned
// to eight, so the offsets of all fields agree (and layout_asserts.inc has the compilers confirm it).
function layOut(record, body) {
  let offset = 0;
  let alignment = 1;
  const fields = [];
  for (const line of body
    .split(';')
    .map((text) => text.trim())
    .filter(Boolean)) {
    const match = /^(const void\*|\w+) (\w+)(?:\[(\w+)\])?$/.exec(line.replaceAll(' *', '* ').replace(/\s+/g, ' '));
    if (!match) throw new Error(`${record}: '${line}' is not understood`);
    const [, type, name, count] = match;
    const times = count === undefined ? 1 : (constants.get(count) ?? Number(count));
    const kind = type === 'const void*' ? { size: 4, align: 8 } : (scalars[type] ?? records.get(type));
    if (!kind || Number.isNaN(times)) throw new Error(`${record}: the type of '${line}' is not known`);
    const align = kind.align ?? kind.size;
    offset = Math.ceil(offset / align) * align;
    alignment = Math.max(alignment, align);
    fields.push({ name, offset, count: count === undefined ? undefined : times });
    offset += kind.size * times;
  }
  return { size: Math.ceil(offset / alignment) * alignment, align: alignment, fields };
}

// ---- functions

const functions = [];
for (const [, result, name, parameters] of source.matchAll(/SLUICE_API ([\w* ]+?)\s*\b(sluice_\w+)\(([^)]*)\);/g)) {
  functions.push({ name, result: typeOf(result), parameters: parameters === 'void' ? [] : parameters.split(',').map(parameter) });
}

function parameter(text) {
  const match = /^\s*(.*?)(\w+)\s*$/s.exec(text);
  return { name: camel(match[2]), type: typeOf(match[1]) };
}

function typeOf(c) {
  const type = c.replace(/\s+/g, ' ').trim();
  if (type === 'void') return 'void';
  if (type.endsWith('*')) return 'number';
  return type === 'int64_t' || type === 'uint64_t' ? 'bigint' : 'number';
}

function camel(name) {
  return name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
}

// Full models, whole or by stages, what a client is told of stages, and inputs that are placed.
const inClient = ({ name }) =>
  !/^sluice_(model_|staged_|client_(submit_(stage|coded)|offer_jpeg|event_(placement|considered)|(save_|restore_)?promise|promise_place|feedback)$)/.test(name);
const inGate = (f) => inClient(f) && !f.name.startsWith('sluice_client_');

// ---- what is written

const recordEntry = ([name, { size, fields }]) =>
  `  ${camel(name.replace('sluice_', ''))}: {\n    size: ${size},\n${fields.map((f) => `    ${camel(f.name)}: ${f.offset},`).join('\n')}\n  },`;
const enumEntry = (entries) => entries.map(([name, value]) => `  ${name.replace('SLUICE_', '')}: ${value},`).join('\n');
const signature = ({ name, result, parameters }) => `  ${name}(${parameters.map((p) => `${p.name}: ${p.type}`).join(', ')}): ${result};`;

const typescript = `// ${made}
// Constants, record layouts (byte offsets) and functions of the C interface as WebAssembly shows them.

export const abi = {
${[...constants].map(([name, value]) => `  ${name.replace('SLUICE_', '')}: ${value},`).join('\n')}
${enums.map(enumEntry).join('\n')}
} as const;

export const records = {
${[...records].map(recordEntry).join('\n')}
} as const;

/** In every module. */
export interface GateExports {
${functions.filter(inGate).map(signature).join('\n')}
}

/** In the modules that hold the conversation with a server. */
export interface ClientExports extends GateExports {
${functions
  .filter((f) => inClient(f) && !inGate(f))
  .map(signature)
  .join('\n')}
}

/** In the modules that run any model. */
export interface FullExports extends ClientExports {
${functions
  .filter((f) => !inClient(f))
  .map(signature)
  .join('\n')}
}
`;

const asserts = `// ${made}
${[...records]
  .map(([name, { size, fields }]) =>
    [`static_assert(sizeof(${name}) == ${size});`, ...fields.map((f) => `static_assert(offsetof(${name}, ${f.name}) == ${f.offset});`)].join('\n'),
  )
  .join('\n')}
`;

const list = (selected) =>
  `${selected
    .map((f) => f.name)
    .sort()
    .join('\n')}\n`;
const outputs = {
  'wasm/exports.txt': list(functions),
  'wasm/exports-client.txt': list(functions.filter(inClient)),
  'wasm/exports-gate.txt': list(functions.filter(inGate)),
  'bindings/js/src/bindings/abi.ts': typescript,
  'bindings/c/layout_asserts.inc': asserts,
};

if (functions.length < 10 || records.size < 5) throw new Error('sluice.h is not written in the expected style');
let stale = false;
for (const [file, text] of Object.entries(outputs)) {
  let present = '';
  try {
    present = readFileSync(join(root, file), 'utf8');
  } catch {
    // Not there yet: out of date.
  }
  if (present === text) continue;
  stale = true;
  if (process.argv.includes('--check')) console.error(`${file} is out of date: run node bindings/c/generate/abi.mjs`);
  else writeFileSync(join(root, file), text);
}
if (stale && process.argv.includes('--check')) process.exit(1);
