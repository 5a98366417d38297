// `./dev bench engine`: one MobileNetV2-1.0 (224 x 224) on our wasm runner, onnxruntime-web and LiteRT.js in the same headless
// Chromium, round by round in turn, then natively beside ONNX Runtime. Prints a table and ends with one line of flat JSON; a
// ratio is their time over ours. Peers that cannot run here are named with the reason.
//
//   node engine.mjs [--native FOLDER of bench_engine_native] [--models DIR] [--package DIR] [--rounds 15] [--quick]
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { brotliCompressSync, constants } from 'node:zlib';

import { launchChromium } from './browser.mjs';
import { serveFolders } from './file-server.mjs';
import { mobilenetTflite } from './mobilenet-tflite.mjs';
import { largestDifference, median, pairedRatio } from './statistics.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, '..', '..');
const { values: options } = parseArgs({
  options: {
    models: { type: 'string', default: join(root, 'build/bench/models') },
    native: { type: 'string', default: join(root, 'build/native/native/bench') },
    package: { type: 'string', default: join(root, 'bindings/js') },
    chromium: { type: 'string', default: '/usr/bin/chromium' },
    rounds: { type: 'string', default: '15' },
    quick: { type: 'boolean', default: false },
  },
});
const rounds = options.quick ? 3 : Number(options.rounds);
const runsPerRound = options.quick ? 2 : 4;

// What runs in the page. `against` names the contender of ours that a peer is compared with.
const contenders = [
  { id: 'ours_fp32_1t', engine: 'sluice', model: 'mobilenet_v2_fp32.onnx', threads: 1, variant: 'simd' },
  { id: 'ort_fp32_1t', engine: 'onnxruntime', model: 'mobilenet_v2_fp32.onnx', threads: 1, against: ['ours_fp32_1t', 'ours_fp32_relaxed'] },
  { id: 'ours_fp32_relaxed', engine: 'sluice', model: 'mobilenet_v2_fp32.onnx', threads: 1, variant: 'relaxed' },
  { id: 'litert_fp32_1t', engine: 'litert', model: 'mobilenet_v2_fp32.tflite', threads: 1, against: ['ours_fp32_1t', 'ours_fp32_relaxed'] },
  { id: 'ours_int8_1t', engine: 'sluice', model: 'mobilenet_v2_int8.onnx', threads: 1, variant: 'simd' },
  { id: 'ort_int8_1t', engine: 'onnxruntime', model: 'mobilenet_v2_int8.onnx', threads: 1, against: ['ours_int8_1t'] },
  { id: 'ours_fp32_2t', engine: 'sluice', model: 'mobilenet_v2_fp32.onnx', threads: 2, variant: 'threads' },
  { id: 'ort_fp32_2t', engine: 'onnxruntime', model: 'mobilenet_v2_fp32.onnx', threads: 2, against: ['ours_fp32_2t'] },
];

async function main() {
  mkdirSync(options.models, { recursive: true });
  makeModels();
  const server = await serveFolders({
    '/modules/': findModules(),
    '/models/': options.models,
    '/sluice/': options.package,
    '/': join(here, 'page'),
  });
  const browser = await launchChromium(options.chromium);
  const summary = {};
  try {
    const page = await browser.newPage();
    await page.goto(`${server.url}/index.html`);
    const version = browser.version();
    const loaded = await loadAll(page);
    const results = await runRounds(
      page,
      loaded.filter((contender) => !contender.missing),
    );
    report(version, loaded, results, summary);
  } finally {
    await browser.close();
    await server.close();
  }
  Object.assign(summary, runNative());
  summary.gate_wasm_brotli_bytes = gateBytes();
  console.log(JSON.stringify(summary));
}

// The npm tree of the workspace: hoisted to the root, or beside this folder.
function findModules() {
  const candidates = [join(root, 'node_modules'), join(here, 'node_modules')];
  const found = candidates.find((folder) => existsSync(join(folder, 'onnxruntime-web')));
  if (!found) throw new Error('onnxruntime-web is not installed; run npm ci in the root folder');
  return found;
}

function makeModels() {
  execFileSync(join(options.native, 'write_bench_models'), [options.models], { stdio: ['ignore', 'ignore', 'inherit'] });
  const tflite = join(options.models, 'mobilenet_v2_fp32.tflite');
  if (!existsSync(tflite)) writeFileSync(tflite, mobilenetTflite());
}

async function loadAll(page) {
  await page.evaluate(() => {
    const workers = new Map();
    let next = 0;
    const ask = (worker, message) =>
      new Promise((done, failed) => {
        const id = ++next;
        const listen = ({ data }) => {
          if (data.id !== id) return;
          worker.removeEventListener('message', listen);
          if (data.error) failed(new Error(data.error));
          else done(data.result);
        };
        worker.addEventListener('message', listen);
        worker.addEventListener('error', (event) => failed(new Error(event.message ?? 'the worker failed')), { once: true });
        worker.postMessage({ ...message, id });
      });
    // LiteRT lives on the main thread, the others in a worker each.
    const mainThread = new Map();
    const seeded = (length) => {
      const values = new Float32Array(length);
      for (let i = 0; i < length; ++i) values[i] = Math.sin(i);
      return values;
    };
    globalThis.loadContender = async ({ id, engineUrl, options, inPage }) => {
      if (inPage) {
        const { create } = await import(engineUrl);
        const started = performance.now();
        const engine = await create({ ...options, input: seeded(3 * 224 * 224) });
        mainThread.set(id, engine);
        return { about: engine.about, loadMs: performance.now() - started };
      }
      const worker = new Worker('/worker.js', { type: 'module' });
      workers.set(id, worker);
      return ask(worker, { command: 'load', engineUrl, options });
    };
    globalThis.runContender = async ({ id, runs }) => {
      if (!mainThread.has(id)) return ask(workers.get(id), { command: 'run', runs });
      const times = [];
      let output;
      for (let i = 0; i < runs; ++i) {
        const started = performance.now();
        output = await mainThread.get(id).run();
        times.push(performance.now() - started);
      }
      return { times, output: Array.from(output) };
    };
  });
  const loaded = [];
  for (const contender of contenders) {
    const argument = {
      id: contender.id,
      engineUrl: `/${contender.engine}-engine.js`,
      options: { modelUrl: `/models/${contender.model}`, threads: contender.threads, variant: contender.variant },
      inPage: contender.engine === 'litert',
    };
    try {
      const load = page.evaluate((a) => globalThis.loadContender(a), argument);
      const limit = new Promise((_, failed) => setTimeout(() => failed(new Error('did not load within 60 s')), 60_000).unref());
      loaded.push({ ...contender, ...(await Promise.race([load, limit])) });
    } catch (error) {
      if (contender.engine === 'sluice') throw error; // only a peer may be left out
      loaded.push({ ...contender, missing: error.message.split('\n')[0] });
    }
    process.stderr.write(`loaded ${loaded.length} of ${contenders.length}: ${contender.id}\n`);
  }
  return loaded;
}

async function runRounds(page, present) {
  const results = new Map(present.map(({ id }) => [id, { rounds: [], output: [] }]));
  for (let round = -1; round < rounds; ++round) {
    for (const { id } of present) {
      const { times, output } = await page.evaluate((a) => globalThis.runContender(a), { id, runs: runsPerRound });
      if (round < 0)
        results.get(id).output = output; // a round to warm up, whose times are not kept
      else results.get(id).rounds.push(median(times));
    }
    if (round >= 0) process.stderr.write(`round ${round + 1} of ${rounds}\n`);
  }
  return results;
}

function report(version, loaded, results, summary) {
  console.log(`MobileNetV2-1.0 224x224, headless Chromium ${version}, ${rounds} interleaved rounds of ${runsPerRound} runs\n`);
  console.log('contender             engine                     median ms   load ms');
  for (const { id, about, loadMs, missing } of loaded) {
    if (missing) console.log(`${id.padEnd(22)}left out: ${missing}`);
    else console.log(`${id.padEnd(22)}${about.padEnd(26)}${median(results.get(id).rounds).toFixed(2).padStart(10)}${loadMs.toFixed(0).padStart(10)}`);
  }
  console.log('');
  for (const { id, engine, against = [], missing } of loaded) {
    for (const ours of missing ? [] : against.filter((name) => results.has(name))) {
      const ratio = pairedRatio(results.get(id).rounds, results.get(ours).rounds);
      const difference =
        engine === 'litert' ? '' : `, largest output difference ${largestDifference(results.get(id).output, results.get(ours).output).toPrecision(2)}`;
      console.log(`${id} / ${ours}: ${ratio.toFixed(2)}${difference}`);
      const key = {
        'ort_fp32_1t/ours_fp32_1t': 'fp32_ratio_1t',
        'ort_fp32_1t/ours_fp32_relaxed': 'fp32_ratio_relaxed',
        'ort_int8_1t/ours_int8_1t': 'int8_ratio_1t',
        'ort_fp32_2t/ours_fp32_2t': 'fp32_ratio_2t',
        'litert_fp32_1t/ours_fp32_1t': 'litert_fp32_ratio_1t',
        'litert_fp32_1t/ours_fp32_relaxed': 'litert_fp32_ratio_relaxed',
      }[`${id}/${ours}`];
      summary[key] = Number(ratio.toFixed(3));
    }
  }
}

function runNative() {
  const text = execFileSync(join(options.native, 'bench_engine_native'), options.quick ? ['--rounds', '3'] : [], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = text.trimEnd().split('\n');
  console.log(`\n${lines.slice(0, -1).join('\n')}\n`);
  return JSON.parse(lines.at(-1));
}

function gateBytes() {
  const module = readFileSync(join(options.package, 'dist/wasm/sluice-gate.wasm'));
  const bytes = brotliCompressSync(module, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length;
  console.log(`gate-only module: ${module.length} bytes, ${bytes} brotli`);
  return bytes;
}

await main();
