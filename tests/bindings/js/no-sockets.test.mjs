// Node before 22 has no WebSocket, and the package that brings one is optional: open() says so, before it loads anything.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const dist = fileURLToPath(new URL('../../../bindings/js/dist', import.meta.url));

test('a missing WebSocket is said when the gate is opened', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-no-sockets-')); // outside of every node_modules
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(dist, join(folder, 'dist'), { recursive: true, filter: (file) => !file.endsWith('.wasm') });
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  const program = `
    delete globalThis.WebSocket;
    const { open } = await import('./dist/index.node.js');
    const codes = [];
    for (const options of [{ server: 'ws://127.0.0.1:1' }, { server: 'ws://127.0.0.1:1', place: 'remote-else-local' }, { server: 'ws://127.0.0.1:1', place: 'local' }]) {
      await open('./bundle', { ...options, worker: false }).catch(({ code, hint }) => codes.push({ code, hint }));
    }
    console.log(JSON.stringify(codes));`;
  writeFileSync(join(folder, 'main.mjs'), program);
  const { stdout } = await promisify(execFile)(process.execPath, ['main.mjs'], { cwd: folder });
  const [remote, either, local] = JSON.parse(stdout);
  for (const { code, hint } of [remote, either]) {
    assert.equal(code, 'unsupported_environment');
    assert.match(hint, /npm install ws/);
  }
  assert.equal(local.code, 'fetch_failed'); // of the module: nothing else was missing
});
