// Builds dist/: TypeScript by tsc alone, so that the `new URL(...)` literals reach the user's bundler as they stand, and the
// .wasm files from the build trees of the WebAssembly presets ($SLUICE_BUILD, by default build/ of the repository). The
// repository's LICENSE goes beside package.json, where npm packs it, and the notices of what the modules contain into dist/.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { notices } from './notices.mjs';

const packageFolder = join(dirname(fileURLToPath(import.meta.url)), '..');
const deps = process.env.SLUICE_DEPS ?? join(packageFolder, '..', '..', '.deps');
const buildFolder = process.env.SLUICE_BUILD ?? join(packageFolder, '..', '..', 'build');
// Each with its folder within the build folder, which begins with the preset's name.
const modules = {
  'sluice-gate.wasm': 'wasm/wasm',
  'sluice-client.wasm': 'wasm/wasm',
  'sluice.wasm': 'wasm/wasm',
  'sluice-relaxed.wasm': 'wasm/wasm',
  'sluice-threads.wasm': 'wasm-threads/wasm',
  'sluice-lite.wasm': 'wasm/wasm/lite',
};

const missing = Object.entries(modules).filter(([file, folder]) => !existsSync(join(buildFolder, folder, file)));
if (missing.length > 0) {
  for (const [file, folder] of missing) {
    const [preset] = folder.split('/');
    console.error(`${file} is not built: cmake --preset ${preset} && cmake --build --preset ${preset}`);
  }
  process.exit(1);
}

const dist = join(packageFolder, 'dist');
rmSync(dist, { recursive: true, force: true });
const tsc = createRequire(import.meta.url)
  .resolve('typescript/package.json')
  .replace(/package\.json$/, 'bin/tsc');
execFileSync(process.execPath, [tsc, '-p', packageFolder], { stdio: 'inherit' });
mkdirSync(join(dist, 'wasm'));
for (const [file, folder] of Object.entries(modules)) copyFileSync(join(buildFolder, folder, file), join(dist, 'wasm', file));
copyFileSync(join(packageFolder, '..', '..', 'LICENSE'), join(packageFolder, 'LICENSE'));
writeFileSync(join(dist, 'NOTICES.txt'), notices(deps));
