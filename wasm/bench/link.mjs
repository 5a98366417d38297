// `./dev bench link`: the real clients (native, and the npm package in headless Chromium) and the real server over a
// link that is too thin: a pacing proxy (native/bench/link) at 270 kbit/s, 1, 2 and 6 Mbit/s in both directions
// with 20 and 200 ms round trip. Real frames, filter off, more of them than the link carries, and a model that costs next to
// nothing. Prints a table and ends with one
// line of flat JSON: goodput_* (bytes of inputs answered in time over what the link carries in that time, the worst of
// the runs at that rate), late_computed_share (requests that the server computed in vain: the answer came after the
// input's deadline, if at all) and unsent_peak_bytes (most bytes handed to the socket that the link had not carried yet).
//
//   node link.mjs [--only native|page] [--rates 270k,1m,2m,6m] [--round-trips 20,200] [--quick]
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { launchChromium } from './browser.mjs';
import { serveFolders } from './file-server.mjs';
import { figures } from './link-figures.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, '..', '..');
const { values: options } = parseArgs({
  options: {
    build: { type: 'string', default: join(root, 'build/native') },
    package: { type: 'string', default: join(root, 'bindings/js') },
    work: { type: 'string', default: join(root, 'build/bench/link') },
    footage: { type: 'string', default: join(process.env.SLUICE_DEPS ?? join(root, '.deps'), 'footage/stream.mp4') },
    chromium: { type: 'string', default: '/usr/bin/chromium' },
    only: { type: 'string' },
    rates: { type: 'string', default: '270k,1m,2m,6m' },
    'round-trips': { type: 'string', default: '20,200' },
    quick: { type: 'boolean', default: false },
  },
});

const allRates = {
  '270k': { bytesPerS: 33_750, framesPerS: 15, seconds: 45 },
  '1m': { bytesPerS: 125_000, framesPerS: 15, seconds: 25 },
  '2m': { bytesPerS: 250_000, framesPerS: 15, seconds: 17 },
  '6m': { bytesPerS: 750_000, framesPerS: 30, seconds: 17 },
};
const budgetS = 2; // of every input, the clients' default
const warmUpS = 2;
const bundle = 'mean';
const bundles = join(options.work, 'bundles');
const pictureFolder = join(options.work, 'pictures');

async function main() {
  const rates = options.rates.split(',').map((name) => {
    if (!allRates[name]) throw new Error(`--rates ${name}; there are ${Object.keys(allRates).join(', ')}`);
    return { name, ...allRates[name], ...(options.quick ? { seconds: warmUpS + 2 } : {}) };
  });
  const roundTrips = options['round-trips'].split(',').map(Number);
  mkdirSync(bundles, { recursive: true });
  execFileSync(join(options.build, 'native/bench/write_link_bundle'), [join(bundles, bundle)], { stdio: ['ignore', 'ignore', 'inherit'] });
  const pictures = makePictures();
  const files = await serveFolders({
    '/sluice/': options.package,
    '/bundles/': bundles,
    '/pictures/': pictureFolder,
    '/': join(here, 'link-page'),
  });
  const server = await startServer(files.url);
  const browser = options.only === 'native' ? undefined : await launchChromium(options.chromium);
  const clients = { native: nativeClient, page: (load) => pageClient(browser, files.url, pictures, load) };
  const rows = [];
  try {
    for (const rate of rates) {
      for (const roundTripMs of roundTrips) {
        for (const [name, client] of Object.entries(clients)) {
          if (options.only && options.only !== name) continue;
          const run = { client: name, rate, roundTripMs, ...(await runOne(client, rate, roundTripMs, server)) };
          process.stderr.write(`${line(run)}\n`);
          rows.push(run);
        }
      }
    }
  } finally {
    await browser?.close();
    await server.stop();
    await files.close();
  }
  report(rates, rows);
}

async function runOne(client, rate, roundTripMs, server) {
  const link = await startLink(server.port, rate.bytesPerS, roundTripMs);
  try {
    const before = await computedBy(server);
    const ends = await client({ server: `ws://127.0.0.1:${link.port}/v1/stream`, framesPerS: rate.framesPerS, seconds: rate.seconds });
    await new Promise((done) => setTimeout(done, 500)); // what a worker of the server has begun ends
    const computed = (await computedBy(server)) - before;
    const { up } = await link.end();
    return figures({ ends, carried: up, bytesPerS: rate.bytesPerS, computed, warmUpS });
  } finally {
    link.kill();
  }
}

// Frames spread over the sample stream, made once.
function makePictures() {
  if (!existsSync(pictureFolder)) {
    const partial = `${pictureFolder}.partial`;
    rmSync(partial, { recursive: true, force: true });
    mkdirSync(partial, { recursive: true });
    execFileSync(
      'ffmpeg',
      ['-nostdin', '-v', 'error', '-i', options.footage, '-vf', 'select=not(mod(n\\,16))', '-vsync', 'vfr', '-q:v', '2', join(partial, '%03d.jpg')],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
    renameSync(partial, pictureFolder);
  }
  return readdirSync(pictureFolder).sort();
}

// ---- the parts that are driven

/** Resolves to the child and the first match of `pattern` in a line that it writes. */
async function start(program, args, pattern, stdin) {
  const child = spawn(program, args, { stdio: [stdin, 'pipe', 'pipe'] });
  const lines = [];
  const found = new Promise((done, failed) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (text) => {
        lines.push(text);
        const match = pattern.exec(text);
        if (match) done(match);
      });
    }
    child.once('error', failed);
    child.once('exit', (code) => failed(new Error(`${program} ended with ${code}:\n${lines.join('\n')}`)));
    setTimeout(() => failed(new Error(`${program} did not start within 60 s:\n${lines.join('\n')}`)), 60_000).unref();
  });
  return { child, lines, match: await found };
}

async function startServer(origin) {
  const program = join(options.build, 'server/sluice-server');
  const { child, match } = await start(program, ['--bundles', bundles, '--port', '0', '--allow-origin', origin], /http:\/\/127\.0\.0\.1:(\d+)/, 'ignore');
  return {
    port: Number(match[1]),
    async stop() {
      if (child.exitCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

async function startLink(toPort, bytesPerS, roundTripMs) {
  const { child, lines, match } = await start(
    join(options.build, 'native/bench/paced_link'),
    ['--to-port', toPort, '--up-bytes-per-s', bytesPerS, '--down-bytes-per-s', bytesPerS, '--delay-ms', roundTripMs / 2].map(String),
    /^listening (\d+)/,
    'pipe',
  );
  return {
    port: Number(match[1]),
    async end() {
      child.stdin.end();
      await once(child, 'close');
      return JSON.parse(lines.at(-1));
    },
    kill: () => child.exitCode === null && child.kill('SIGKILL'),
  };
}

/** How many requests the server has run the model for. */
async function computedBy(server) {
  const text = await (await fetch(`http://127.0.0.1:${server.port}/metrics`)).text();
  const counts = [...text.matchAll(/^sluice_compute_seconds_count\{[^}]*\} (\d+)/gm)].map(([, count]) => Number(count));
  if (counts.length === 0) throw new Error('the server counts no computed requests: sluice_compute_seconds_count is missing in /metrics');
  return counts.reduce((sum, count) => sum + count, 0);
}

async function nativeClient({ server, framesPerS, seconds }) {
  const child = spawn(
    join(options.build, 'native/bench/bench_link_client'),
    ['--bundle', join(bundles, bundle), '--server', server, '--pictures', pictureFolder, '--frames-per-s', framesPerS, '--seconds', seconds].map(String),
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const timer = setTimeout(() => child.kill('SIGKILL'), (seconds + budgetS + 30) * 1000);
  const ends = [];
  createInterface({ input: child.stdout }).on('line', (text) => ends.push(JSON.parse(text)));
  const [code, signal] = await once(child, 'close');
  clearTimeout(timer);
  if (code !== 0) throw new Error(`bench_link_client ended with ${code ?? signal}`);
  return ends;
}

async function pageClient(browser, url, pictures, load) {
  const page = await browser.newPage();
  try {
    page.on('pageerror', (error) => process.stderr.write(`page: ${error.message}\n`));
    await page.goto(`${url}/index.html`);
    await page.waitForFunction('globalThis.loaded');
    const limit = new Promise((_, failed) => setTimeout(() => failed(new Error('the page did not end in time')), (load.seconds + budgetS + 60) * 1000).unref());
    const argument = { ...load, bundle: `/bundles/${bundle}/`, pictures: pictures.map((name) => `/pictures/${name}`) };
    return await Promise.race([page.evaluate((a) => globalThis.load(a), argument), limit]);
  } finally {
    await page.close();
  }
}

// ---- the report

const columns = 'rate  round trip  client   offered  demand   sent  answered  goodput  carried  computed  late  kB each  unsent kB';

function line({ rate, roundTripMs, client, offered, demand, sent, answered, goodput, carriedShare, computed, late, meanBytes, unsentPeak }) {
  return [
    rate.name.padEnd(6),
    `${roundTripMs} ms`.padStart(10),
    `  ${client}`.padEnd(10),
    String(offered).padStart(7),
    demand.toFixed(1).padStart(8),
    String(sent).padStart(7),
    String(answered).padStart(10),
    goodput.toFixed(3).padStart(9),
    carriedShare.toFixed(3).padStart(9),
    String(computed).padStart(10),
    String(late).padStart(6),
    (meanBytes / 1000).toFixed(1).padStart(9),
    (unsentPeak / 1000).toFixed(1).padStart(11),
  ].join('');
}

function report(rates, rows) {
  console.log(`Link bench: every frame needed, ${budgetS} s for each answer; demand: offered bytes over what the link carries; carried: what it did carry`);
  console.log(columns);
  for (const row of rows) console.log(line(row));
  console.log('');
  const summary = {};
  for (const { name } of rates) {
    summary[`goodput_${name}`] = Number(Math.min(...rows.filter(({ rate }) => rate.name === name).map(({ goodput }) => goodput)).toFixed(3));
  }
  const sum = (key) => rows.reduce((total, row) => total + row[key], 0);
  summary.late_computed_share = Number((sum('late') / Math.max(sum('computed'), 1)).toFixed(4));
  summary.unsent_peak_bytes = Math.max(...rows.map(({ unsentPeak }) => unsentPeak));
  console.log(JSON.stringify(summary));
}

await main();
