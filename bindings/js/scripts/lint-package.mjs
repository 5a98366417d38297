// Packs the package and has publint and Are The Types Wrong read the tarball, as a registry's users would get it.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const packageFolder = join(dirname(fileURLToPath(import.meta.url)), '..');
const folder = mkdtempSync(join(tmpdir(), 'sluice-pack-'));
const run = (command, args) => execFileSync(command, args, { cwd: packageFolder, stdio: 'inherit' });
try {
  const packed = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--loglevel=error', '--pack-destination', folder], {
    cwd: packageFolder,
    encoding: 'utf8',
  });
  const tarball = join(folder, JSON.parse(packed)[0].filename);
  run('npx', ['--no-install', 'publint', tarball, '--strict']);
  run('npx', [
    '--no-install',
    'attw',
    tarball,
    '--profile',
    'esm-only',
    '--exclude-entrypoints',
    'sluice-gate.wasm',
    'sluice-client.wasm',
    'sluice.wasm',
    'sluice-relaxed.wasm',
    'sluice-threads.wasm',
    'sluice-lite.wasm',
  ]);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
