// What the modules export and import is a promise to those who load them: compared with lists that are kept.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = new URL('../../../', import.meta.url);
const lines = (file) => readFileSync(new URL(file, root), 'utf8').trim().split('\n').sort();
const compiled = (file) => new WebAssembly.Module(readFileSync(new URL(`bindings/js/dist/wasm/${file}`, root)));

// What any standalone module has beside the C interface: its start function and its table of functions.
const runtime = ['__indirect_function_table', '_initialize'];
const threadRuntime = [
  ...runtime,
  '_emscripten_thread_init',
  '_emscripten_tls_init',
  '_emscripten_thread_exit',
  '_emscripten_thread_free_data',
  '_emscripten_stack_restore',
  'emscripten_stack_set_limits',
];

test('the generated files are those of sluice.h', () => {
  execFileSync(process.execPath, [fileURLToPath(new URL('bindings/c/generate/abi.mjs', root)), '--check'], { stdio: 'pipe' });
});

for (const [file, list] of [
  ['sluice-gate.wasm', 'wasm/exports-gate.txt'],
  ['sluice-client.wasm', 'wasm/exports-client.txt'],
  ['sluice.wasm', 'wasm/exports.txt'],
  ['sluice-threads.wasm', 'wasm/exports.txt'],
]) {
  test(`${file} exports the C interface, all of it and nothing else of it`, () => {
    const exported = WebAssembly.Module.exports(compiled(file)).map(({ name }) => name);
    assert.deepEqual(exported.filter((name) => name.startsWith('sluice_')).sort(), lines(list));
  });

  test(`${file} has the runtime's exports that the loader uses`, () => {
    const exported = WebAssembly.Module.exports(compiled(file)).map(({ name }) => name);
    const needed = file === 'sluice-threads.wasm' ? threadRuntime : runtime;
    assert.deepEqual(
      needed.filter((name) => !exported.includes(name)),
      [],
    );
  });

  test(`${file} imports what wasm/imports lists`, () => {
    const imported = WebAssembly.Module.imports(compiled(file)).map(({ module, name }) => `${module} ${name}`);
    const golden = `wasm/imports${{ 'sluice-gate.wasm': '-gate', 'sluice-client.wasm': '-client', 'sluice-threads.wasm': '-threads' }[file] ?? ''}.txt`;
    assert.deepEqual(imported.sort(), lines(golden));
  });
}
