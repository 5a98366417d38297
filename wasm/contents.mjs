// What is in a module: bytes of each section, and of the code by the part of the program it comes from.
//   node wasm/contents.mjs MODULE.wasm [MODULE.wasm.symbols]
// The symbols (lines `index:name`) come from the linker beside the module. As a library: contents(module, symbols).
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';

const sectionNames = [
  'custom',
  'types',
  'imports',
  'functions',
  'table',
  'memory',
  'globals',
  'exports',
  'start',
  'elements',
  'code',
  'data',
  'data count',
  'tags',
];

// By the beginning of a function's (demangled) name; the first that fits counts.
const groups = [
  ['C interface', /^sluice_(?!.*::)|sluice::c::/],
  ['ONNX reader, graph and passes', /sluice::model::(read|Onnx|onnx|Graph|Node|topolog|fold|fuse|pass|layout|Passes|optimi|remove|infer|nhwc|Constant)/i],
  ['operators', /sluice::model::(ops|xnnpack)::/],
  ['model runner', /sluice::model::/],
  ['pictures to tensors', /sluice::input::/],
  ['output decoders', /sluice::output::/],
  ['filter and its thresholds', /sluice::filter::/],
  ['wire', /sluice::wire::|protozero/],
  ['pipeline and manifest', /sluice::pipeline::/],
  ['JSON (RapidJSON)', /rapidjson/],
  ['base and tensors', /sluice::/],
  ['XNNPACK and pthreadpool', /^xnn_|^pthreadpool|^legacy_pthreadpool|^init_|^compute_|_config$|reshape_|^setup_|^create_|xnn/],
  ['memory allocator', /malloc|^free$|calloc|realloc|sbrk|aligned_alloc|emmalloc|memalign|claim_more_memory|attempt_allocate|mallinfo/],
  ['exceptions', /^__cxa|^_Unwind|__cxxabi|gxx_personality|LSDA|EHABI|readEncoded|std::(terminate|exception|bad_alloc|runtime_error|logic_error|length_error)/],
  ['C++ library', /std::|operator (new|delete)/],
  ['C library', /./],
];

export function contents(module, symbols = '') {
  const names = new Map(
    symbols
      .trim()
      .split('\n')
      .filter(Boolean)
      .map((line) => [Number(line.slice(0, line.indexOf(':'))), demangled(line.slice(line.indexOf(':') + 1))]),
  );
  const reader = new Reader(module);
  reader.at = 8;
  const sections = [];
  const code = new Map();
  let imported = 0;
  while (reader.at < module.length) {
    const id = module[reader.at++];
    const size = reader.leb();
    const end = reader.at + size;
    sections.push([sectionNames[id] ?? `section ${id}`, size]);
    if (id === 2) imported = countImportedFunctions(new Reader(module, reader.at));
    if (id === 10) {
      const count = reader.leb();
      for (let i = 0; i < count; ++i) {
        const bytes = reader.leb();
        const name = names.get(imported + i) ?? '';
        const [group] = names.size === 0 ? ['(no symbols)'] : (groups.find(([, pattern]) => pattern.test(name)) ?? ['unnamed']);
        code.set(group, (code.get(group) ?? 0) + bytes);
        reader.at += bytes;
      }
    }
    reader.at = end;
  }
  const brotli = brotliCompressSync(module, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length;
  return { raw: module.length, brotli, sections, code: [...code].sort((a, b) => b[1] - a[1]) };
}

class Reader {
  constructor(bytes, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }
  leb() {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.bytes[this.at++];
      value |= (byte & 127) << shift;
      if (byte < 128) return value >>> 0;
    }
  }
}

function countImportedFunctions(reader) {
  const count = reader.leb();
  let functions = 0;
  for (let i = 0; i < count; ++i) {
    for (let part = 0; part < 2; ++part) reader.at += reader.leb(); // module and name
    const kind = reader.bytes[reader.at++];
    if (kind === 0) {
      ++functions;
      reader.leb();
    } else if (kind === 1) {
      ++reader.at;
      limits(reader);
    } else if (kind === 2) {
      limits(reader);
    } else {
      reader.at += kind === 3 ? 2 : 1;
      if (kind === 4) reader.leb();
    }
  }
  return functions;
}

function limits(reader) {
  const flags = reader.bytes[reader.at++];
  reader.leb();
  if (flags & 1) reader.leb();
}

// Enough of the Itanium rules to see namespaces: the length-prefixed names of `_ZN…`, joined.
function demangled(name) {
  if (!name.startsWith('_Z')) return name;
  const parts = [];
  for (let at = 2; at < name.length && parts.length < 6;) {
    const digits = /^\d+/.exec(name.slice(at));
    if (digits === null) {
      if (name.startsWith('St', at)) parts.push('std');
      if (name.startsWith('nw', at) || name.startsWith('dl', at)) parts.push('operator new');
      ++at;
      continue;
    }
    at += digits[0].length;
    parts.push(name.slice(at, at + Number(digits[0])));
    at += Number(digits[0]);
  }
  const named = parts.join('::').replaceAll('_GLOBAL__N_1::', '');
  return /^_ZNK?St/.test(name) || parts[0] === '__2' ? `std::${named}` : named;
}

export function table({ raw, brotli, sections, code }) {
  const row = (name, bytes) => `  ${String(bytes).padStart(8)}  ${name}`;
  return [
    `${raw} bytes, ${brotli} as brotli`,
    ...sections.filter(([, bytes]) => bytes > 0).map(([name, bytes]) => row(name, bytes)),
    'code by origin:',
    ...code.map(([name, bytes]) => row(name, bytes)),
  ].join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , file, symbols = `${file}.symbols`] = process.argv;
  console.log(table(contents(readFileSync(file), existsSync(symbols) ? readFileSync(symbols, 'utf8') : '')));
}
