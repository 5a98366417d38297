// The examples of the package's README do what they say, as they stand: in Node, and that with a camera in a page; so does the
// repository's that asks the server by curl. Only the server's port is another.
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { chromium } from 'playwright-core';

import { windowBundle, writeBundle } from './support/bundle.mjs';
import { exitsBundle } from './support/exits-bundle.mjs';
import { startServer } from './support/server.mjs';
import { serveFolders } from '../support/static-server.mjs';

const packageFolder = fileURLToPath(new URL('../../../bindings/js/', import.meta.url));
const build = process.env.SLUICE_BUILD ?? join(packageFolder, '../../build');
const bundles = process.env.SLUICE_BUNDLES ?? join(build, 'bundles');
const folder = join(packageFolder, 'node_modules/.readme-runs'); // inside the package, so that the examples import it by name
const readme = readFileSync(join(packageFolder, 'README.md'), 'utf8');
const examples = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code);
let server;
let site;

before(async () => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'build'), { recursive: true });
  symlinkSync(bundles, join(folder, 'build/bundles'));
  const { manifest, files } = windowBundle({ modality: 'audio', samples: 8, channels: 2, rate_hz: 16_000 }, 2, 8);
  writeBundle({ manifest, files }, folder);
  renameSync(join(folder, manifest.name), join(folder, 'sounds'));
  writeBundle(exitsBundle(), folder); // ./exits
  const map = { imports: { sluice: '/sluice/index.js' } };
  writeFileSync(join(folder, 'index.html'), `<!doctype html><meta charset="utf-8"><script type="importmap">${JSON.stringify(map)}</script>`);
  site = await serveFolders([
    ['/sluice/', join(packageFolder, 'dist')],
    ['/', folder],
  ]);
  server = await startServer(bundles, ['--allow-origin', site.url]);
  // The compiler only takes the types away here; that the examples are well typed is another test's matter.
  examples.forEach((code, i) => writeFileSync(join(folder, `example-${i}.ts`), code.replaceAll('127.0.0.1:8080', `127.0.0.1:${server.port}`)));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  const compilerOptions = { target: 'es2022', module: 'nodenext', types: [], lib: ['es2023', 'dom', 'dom.iterable'] };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
  const tsc = fileURLToPath(import.meta.resolve('typescript/package.json')).replace(/package\.json$/, 'bin/tsc');
  execFileSync(process.execPath, [tsc, '-p', folder], { stdio: 'inherit' });
});
after(async () => {
  await server?.stop();
  await site?.close();
  rmSync(folder, { recursive: true, force: true });
});

const indexOf = (text) => {
  const index = examples.findIndex((code) => code.includes(text));
  assert.ok(index >= 0, `an example with ${text}`);
  return index;
};

test('every example is one of those that are run', () => assert.equal(examples.length, 10));

for (const [name, text, says] of [
  ['with a server', "server: 'ws:", /^(skipped|remote) .* \d/],
  ['without one', "'./build/bundles/faces'", /^(skipped|local) 0$/],
  ['of the filter alone', 'openFilter', /^(nothing to see|run the model) \d/],
  ['of frames that are placed', "place: 'auto'", /(whole|small|here) [\d.]+ ms expected, [\d.]+ ms taken, (in time|late)\n {3}\w+ [\d.]+ \d+\n/],
  ['of the cheapest answer', "place: 'choice'", /^(skipped|remote|local) (skip|small|whole|here) [\d.]+\n {3}\w+ [\d.]+ [\d.]+ (true|false) (true|false)/],
  ['of the promise kept live', "promise: 'live'", /(learning|kept|tight|broken) [\d.]+ [\d.]+ [\d.]+ [\d.]+ \d+$/],
  ['of two halves', 'cifar10-split', /^class \d of (\d+) channels from \1 channels of features/],
  ['of early exits', './exits', /^ran whole, 10\d % with the exits that were asked: no exit sure of 2 asked/],
  ['of a window of sound', './sounds', /^local \[ 'mean: 2' \]$/],
]) {
  test(`the example ${name} runs in Node, and ends`, async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [`example-${indexOf(text)}.js`], { cwd: folder, timeout: 60_000 });
    assert.match(stdout.trim(), says);
  });
}

test("the repository's example of curl is answered with the output that it asks for", async () => {
  const text = readFileSync(join(packageFolder, '../../README.md'), 'utf8');
  const example = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, code]) => code).find((code) => code.includes('/v2/models/faces/infer'));
  const script = example.replaceAll('127.0.0.1:8080', `127.0.0.1:${server.port}`).replace(/\njson=/, '\necho\njson=');
  const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], { timeout: 60_000, maxBuffer: 1 << 20 });
  const [metadata, answer] = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  assert.deepEqual([metadata.inputs[0].name, metadata.inputs[0].shape], ['data', [1, 3, 640, 640]]);
  const [{ name, shape, data }] = answer.outputs;
  assert.deepEqual([answer.outputs.length, name], [1, 'face_rpn_cls_prob_reshape_stride32']);
  assert.equal(
    data.length,
    shape.reduce((product, side) => product * side, 1),
  );
});

test('the example of a page answers the frames of a camera', async (t) => {
  const executablePath = process.env.SLUICE_CHROMIUM ?? '/usr/bin/chromium';
  const camera = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];
  const browser = await chromium.launch({ executablePath, args: ['--headless', '--no-sandbox', '--disable-gpu', ...camera] });
  t.after(() => browser.close());
  const page = await browser.newPage();
  const said = [];
  page.on('console', (message) => said.push(message.text()));
  page.on('pageerror', (error) => said.push(`page error: ${error.message}`));
  await page.goto(`${site.url}/`);
  await page.evaluate((file) => void import(file), `/example-${indexOf('getUserMedia')}.js`);
  const answered = () => said.filter((line) => /^(skipped|remote|reused) /.test(line)).length >= 10;
  for (let i = 0; i < 300 && !answered(); ++i) await page.waitForTimeout(100);
  assert.ok(answered(), said.join('\n'));
  assert.ok(!said.some((line) => line.startsWith('page error')), said.join('\n'));
});
