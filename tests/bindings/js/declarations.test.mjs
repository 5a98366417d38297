// The declarations compile in projects of every platform, their own files checked as well, and are as strict in each.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../../bindings/js/node_modules/.declarations/', import.meta.url)); // inside the package, so that it imports itself by name
const tsc = fileURLToPath(import.meta.resolve('typescript/package.json')).replace(/package\.json$/, 'bin/tsc');

before(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** What the compiler says of `code` in a project with these parts of the platform. */
function compile(code, lib, types) {
  writeFileSync(join(folder, 'main.ts'), code);
  const compilerOptions = {
    target: 'es2022',
    module: 'nodenext',
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    skipLibCheck: false,
    lib,
    types,
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['main.ts'] }));
  return spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' }).stdout;
}

const everywhere = `
import { open, openFilter, SluiceError, type Frame, type Gate, type OpenOptions, type Result } from 'sluice';
import 'sluice/worker';
const options: OpenOptions = { server: 'wss://example.org', accuracyTarget: 0.9, record: (line: string) => void line.length };
export const gate: Gate = await open('./bundle', options);
const picture: Frame = { data: new Uint8Array(3), width: 1, height: 1, format: 'rgb' };
export const result: Result = await gate.infer(picture);
for await (const item of gate.stream([picture])) if (item.kind === 'failed') throw new SluiceError(item.error.code, item.error.hint);
export const placed: number = (result.placement?.considered.length ?? 0) + (result.kind === 'skipped' ? 0 : (result.agreement ?? 1));
// @ts-expect-error: no variant answers what the gate skipped
if (result.kind === 'skipped') throw result.variant;
export const depth: number = result.kind === 'exited' ? result.exit.number / result.exit.of : result.cost.multiplyAdds;
export const last: number | undefined = (await open('./bundle', { place: 'local', exits: true })).environment.stages?.exits.at(-1)?.modelMultiplyAdds;
// @ts-expect-error: only an exit's answer says which
if (result.kind === 'local') throw result.exit;
export const { skip } = await (await openFilter({ manifest: new Uint8Array(1), parts: { filter: new ArrayBuffer(1) } })).judge(picture);
// @ts-expect-error: a number is no picture
await gate.infer(5);
// @ts-expect-error: nor is an object without anything of one
await gate.infer({});
// @ts-expect-error: a number is no address
await open(5);
`;
const node = `
const { signal } = new AbortController();
await open(new URL('file:///bundle'), { signal, server: new URL('wss://example.org') });
await open({ manifest: new Response('{}'), parts: { filter: new Blob([]).stream(), model: new Blob([]) } });
gate.stream(new ReadableStream<Frame>(), { signal });
// @ts-expect-error: a stream of something else
gate.stream(new ReadableStream<number>());
// @ts-expect-error: no signal
await gate.infer(picture, { signal: {} });
`;
const worker = `
await gate.infer(new OffscreenCanvas(1, 1));
await gate.infer(new ImageData(1, 1));
gate.stream(new ReadableStream<VideoFrame>());
await open('./bundle', { createWorker: () => new Worker('worker.js'), assets: { files: { 'sluice.wasm': new WebAssembly.Module(new Uint8Array(1)) } } });
`;
const page = `
await gate.infer(document.createElement('video'));
// @ts-expect-error: an element without a picture
await gate.infer(document.createElement('p'));
`;

for (const [where, code, lib, types] of [
  ['without any platform', everywhere, ['es2022'], []],
  ['for Node', everywhere + node, ['es2022'], ['node']],
  ['in a worker', everywhere + node + worker, ['es2022', 'webworker', 'webworker.iterable'], []],
  ['in a page', everywhere + node + worker + page, ['es2022', 'dom', 'dom.iterable'], []],
  ['in a page whose project has the types of Node', everywhere + node + worker + page, ['es2023', 'dom', 'dom.iterable'], ['node']],
]) {
  test(`a project ${where} compiles`, () => assert.equal(compile(code, lib, types), ''));
}
