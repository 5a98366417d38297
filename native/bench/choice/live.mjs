// `./dev bench choice`, live: `sluice run --place choice` against the same program with each system alone, on the pictures of CIFAR-10's test
// batch and on the sample stream, with a real server behind a pacing proxy. A system is what the other options give: `--place local`, `remote`, the
// halves or the cut at the target, exits at the target; `faces` with its gate at the target, and without. What counts is the cost of a frame by the same weights, the
// share of answers that are the full model's (every frame is run by the full model here once), and how many came in time; best is the cheapest single system that
// kept target and deadline in that very run. Ends with one line of flat JSON: `live_cost_over_best_single_worst` and `_mean`, `live_agreement_worst` (of
// the choice, less the target; below 0 it was not kept), `live_in_time_worst`, `live_conditions`, `live_none_keeps`.
//
//   node live.mjs [--frames 300] [--bundles NAME,...] [--build DIR] [--bundle-root DIR] [--cifar10 DIR] [--stream FILE]
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { crc32, deflateSync } from 'node:zlib';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
const deps = process.env.SLUICE_DEPS ?? join(root, '.deps');
const { values: options } = parseArgs({
  options: {
    build: { type: 'string', default: join(root, 'build/native') },
    'bundle-root': { type: 'string', default: join(root, 'build/bundles') },
    cifar10: { type: 'string', default: join(deps, 'cifar10') },
    stream: { type: 'string', default: join(deps, 'footage/stream.mp4') },
    work: { type: 'string', default: join(root, 'build/bench/choice-live') },
    bundles: { type: 'string', default: 'cifar10-exits-vgg,cifar10-split,faces' },
    frames: { type: 'string', default: '300' },
    rates: { type: 'string', default: '1m,6m,40m' },
  },
});
const frames = Number(options.frames);
const sluice = join(options.build, 'native/cli/sluice');

const networks = { '1m': [125_000, 20], '6m': [750_000, 10], '40m': [5_000_000, 5] };
const weights = { even: [1, 5, 1], 'device dear': [10, 5, 1], 'bytes dear': [1, 50, 1] };
// Targets that the bundle's own points reach, and 250 ms for a frame.
const subjects = {
  'cifar10-exits-vgg': {
    target: 0.95,
    systems: {
      exits: ['--place', 'local'],
      cut: ['--place', 'remote'],
      sent: ['--place', 'remote', '--no-exits', '--no-split'],
      here: ['--place', 'local', '--no-exits'],
    },
  },
  'cifar10-split': {
    target: 0.9,
    systems: {
      halves: ['--place', 'remote'],
      sent: ['--place', 'remote', '--no-split'],
      here: ['--place', 'local'],
    },
  },
  faces: {
    target: 0.9,
    systems: {
      'gate, sent': ['--place', 'remote'],
      'gate, placed': ['--place', 'remote-auto'],
      'gate, here': ['--place', 'local'],
    },
  },
};
const budgetMs = 250;

function png(rgb, width, height) {
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const out = Buffer.alloc(body.length + 8);
    out.writeUInt32BE(data.length, 0);
    body.copy(out, 4);
    out.writeUInt32BE(crc32(body), body.length + 4);
    return out;
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2], 8);
  const rows = Buffer.alloc(height * (width * 3 + 1));
  for (let y = 0; y < height; y++) rgb.copy(rows, y * (width * 3 + 1) + 1, y * width * 3, (y + 1) * width * 3);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

// A row of the batch is a picture of 32 x 32; those with odd numbers trained and calibrated nothing.
function cifarPictures() {
  const folder = join(options.work, 'pictures');
  if (existsSync(folder) && readdirSync(folder).length === frames) return folder;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const side = 32;
  const raw = execFileSync('ffmpeg', ['-v', 'error', '-i', join(options.cifar10, 'test_batch.png'), '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-'], {
    maxBuffer: 64 << 20,
  });
  for (let i = 0; i < frames; i++) {
    const at = (2 * i + 1) * side * side * 3;
    writeFileSync(join(folder, `${String(i).padStart(5, '0')}.png`), png(raw.subarray(at, at + side * side * 3), side, side));
  }
  return folder;
}

async function listening(program, given, pattern) {
  const child = spawn(program, given, { stdio: ['pipe', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: child.stdout })) {
    const found = pattern.exec(line);
    if (found) return { child, port: Number(found[1]) };
  }
  throw new Error(`${program} ended before it listened`);
}

function run(bundle, input, given, answers) {
  const text = execFileSync(
    sluice,
    ['run', '--bundle', join(options['bundle-root'], bundle), '--quiet', '--json', '--save-answers', answers, '--max-frames', String(frames), ...given, input],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 64 << 20 },
  );
  return JSON.parse(text.trim().split('\n').at(-1));
}

function tried(...given) {
  try {
    return run(...given);
  } catch (failed) {
    // Frames that are late fail the run, which has its line all the same.
    const last = String(failed.stdout ?? '')
      .trim()
      .split('\n')
      .at(-1);
    if (!last?.startsWith('{')) throw failed;
    return JSON.parse(last);
  }
}

const area = (b) => Math.max(b[2] - b[0], 0) * Math.max(b[3] - b[1], 0);
function overlap(a, b) {
  const both = [Math.max(a[0], b[0]), Math.max(a[1], b[1]), Math.min(a[2], b[2]), Math.min(a[3], b[3])];
  const shared = area(both);
  return shared / (area(a) + area(b) - shared);
}
// As the bundles' agree_when have it: the same class, or as many boxes, each with a partner.
function agree(one, other) {
  if (one.label !== undefined || other.label !== undefined) return one.label === other.label;
  const boxes = (answer) => (answer.boxes ?? []).map((box) => (Array.isArray(box) ? box : [box.x0, box.y0, box.x1, box.y1]));
  const left = boxes(one);
  const right = boxes(other);
  return left.length === right.length && left.every((a) => right.some((b) => overlap(a, b) >= 0.5));
}

const read = (file) =>
  new Map(
    readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
      .map((answer) => [answer.frame, answer]),
  );

function judged(json, file, truth) {
  const answers = read(file);
  let right = 0;
  let answered = 0;
  for (const [frame, answer] of answers) {
    if (answer.kind === 'failed') continue;
    answered++;
    if (truth.has(frame) && agree(answer, truth.get(frame))) right++;
  }
  return { cost: json.cost, agreement: right / Math.max(answered, 1), inTime: answered / Math.max(answers.size, 1), json };
}

function mix(json) {
  return ['skip', 'reuse', 'exit', 'split', 'small', 'whole', 'file', 'here']
    .map((kind) => [kind, json[`placed_${kind}`] ?? 0])
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${kind} ${count}`)
    .join(', ');
}

async function main() {
  mkdirSync(options.work, { recursive: true });
  const server = await listening(
    join(options.build, 'server/sluice-server'),
    ['--bundles', options['bundle-root'], '--port', '0', '--workers', '1'],
    /port=(\d+)/,
  );
  const ratios = [];
  let noneKeeps = 0;
  let leastAgreement = 1;
  let leastInTime = 1;
  try {
    for (const bundle of options.bundles.split(',')) {
      const { target, systems } = subjects[bundle];
      const input = bundle === 'faces' ? options.stream : cifarPictures();
      const answers = join(options.work, 'answers.jsonl');
      run(bundle, input, ['--place', 'local', '--no-split', ...(bundle.includes('exits') ? ['--no-exits'] : []), '--target', '1'], answers);
      const truth = read(answers);
      for (const rate of options.rates.split(',')) {
        const [bytesPerS, delayMs] = networks[rate];
        for (const [name, [device, kilobyte, serverMs]] of Object.entries(weights)) {
          const weigh = ['--weigh-device-ms', device, '--weigh-kilobyte', kilobyte, '--weigh-server-ms', serverMs].map(String);
          const once = async (given) => {
            const link = await listening(
              join(options.build, 'native/bench/paced_link'),
              ['--to-port', server.port, '--up-bytes-per-s', bytesPerS, '--down-bytes-per-s', bytesPerS, '--delay-ms', delayMs].map(String),
              /listening (\d+)/,
            );
            const json = tried(
              bundle,
              input,
              [
                '--server',
                `ws://127.0.0.1:${link.port}`,
                '--target',
                String(target),
                '--budget-ms',
                String(budgetMs),
                '--max-in-flight',
                '1',
                ...weigh,
                ...given,
              ],
              answers,
            );
            link.child.stdin.end();
            return judged(json, answers, truth);
          };
          const choice = await once(['--place', 'choice']);
          const singles = [];
          for (const [system, given] of Object.entries(systems)) singles.push({ system, ...(await once(given)) });
          const keeps = singles.filter((one) => one.agreement >= target && one.inTime >= 0.95);
          const best = keeps.sort((a, b) => a.cost - b.cost)[0];
          leastAgreement = Math.min(leastAgreement, choice.agreement - target);
          leastInTime = Math.min(leastInTime, choice.inTime);
          if (best) ratios.push(choice.cost / best.cost);
          else noneKeeps++;
          const shown = (one) => `${one.cost.toFixed(2)} (${(100 * one.agreement).toFixed(1)} %, ${(100 * one.inTime).toFixed(0)} % in time)`;
          process.stderr.write(
            `${bundle} ${rate} ${name}: choice ${shown(choice)} [${mix(choice.json)}]; ${singles.map((one) => `${one.system} ${shown(one)}`).join('; ')}; ` +
              `${best ? `${(choice.cost / best.cost).toFixed(3)} of ${best.system}` : 'no single system keeps'}\n`,
          );
        }
      }
    }
  } finally {
    server.child.kill();
  }
  const figures = {
    live_conditions: ratios.length + noneKeeps,
    live_none_keeps: noneKeeps,
    live_cost_over_best_single_worst: ratios.length ? Number(Math.max(...ratios).toFixed(4)) : null,
    live_cost_over_best_single_mean: ratios.length ? Number((ratios.reduce((a, b) => a + b) / ratios.length).toFixed(4)) : null,
    live_agreement_over_target_worst: Number(leastAgreement.toFixed(4)),
    live_in_time_worst: Number(leastInTime.toFixed(4)),
  };
  console.log(JSON.stringify(figures));
}

await main();
