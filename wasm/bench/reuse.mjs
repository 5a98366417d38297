// `./dev bench reuse`: the lookups of native/bench/reuse_lookups.cpp natively and in WebAssembly under Node.js. Ends with one
// line of flat JSON; `wasm_` stands before what WebAssembly took.
//
//   node reuse.mjs [--native PROGRAM] [--wasm PROGRAM.js]
import { execFileSync } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');
const { values: options } = parseArgs({
  options: {
    native: { type: 'string', default: join(root, 'build/native/native/bench/bench_reuse_lookups') },
    wasm: { type: 'string', default: join(root, 'build/wasm/wasm/bench_reuse_lookups.js') },
  },
});

const native = run('natively', options.native, []);
const wasm = run(`in WebAssembly, Node.js ${process.version}`, process.execPath, [options.wasm]);
console.log(
  JSON.stringify({
    lookups_per_s_10k: perSecond(native.lookup_us_10k),
    bytes_per_entry: native.bytes_per_entry,
    wasm_lookup_us_1k: wasm.lookup_us_1k,
    lookups_per_s_1k: perSecond(native.lookup_us_1k),
    wasm_lookup_us_10k: wasm.lookup_us_10k,
    stream_lookups_per_s_10k: perSecond(native.stream_lookup_us_10k),
    wasm_stream_lookup_us_1k: wasm.stream_lookup_us_1k,
    wasm_bytes_per_entry: wasm.bytes_per_entry,
  }),
);

function run(where, program, args) {
  const lines = execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
    .trimEnd()
    .split('\n');
  console.log(
    `${where}:\n${lines
      .slice(0, -1)
      .map((line) => `  ${line}`)
      .join('\n')}`,
  );
  return JSON.parse(lines.at(-1));
}

function perSecond(microseconds) {
  return Math.round(1e6 / microseconds);
}
