// Builds the page into dist/, which the server serves with --web-root. The sample stream is fetched at set-up, not committed;
// it is placed beside the page here.
import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { defineConfig, type Plugin } from 'vite';

const here = dirname(fileURLToPath(import.meta.url));
const footage = join(process.env['SLUICE_DEPS'] ?? join(here, '..', '.deps'), 'footage');

function placeFootage(): Plugin {
  return {
    name: 'place-footage',
    buildStart() {
      const target = join(here, 'public', 'footage');
      mkdirSync(target, { recursive: true });
      for (const source of [join(footage, 'stream.mp4'), join(here, '..', 'bundles', 'faces', 'CREDITS.md')]) {
        if (!existsSync(source)) this.error(`${source} is missing: run ./dev setup, which puts the sample stream together`);
        cpSync(source, join(target, basename(source)));
      }
    },
  };
}

export default defineConfig({
  base: './',
  build: { target: 'es2022', assetsInlineLimit: 0, rolldownOptions: { input: ['index.html', 'classify.html'].map((page) => join(here, page)) } },
  worker: { format: 'es' },
  plugins: [placeFootage()],
  server: { proxy: { '/v1': { target: 'http://127.0.0.1:8080', ws: true }, '/v2': 'http://127.0.0.1:8080', '/bundles': 'http://127.0.0.1:8080' } },
});
