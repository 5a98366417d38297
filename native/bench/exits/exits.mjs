// `./dev bench exits`: bundles with early exits on every n-th picture of CIFAR-10's test split, each beside other systems on the same
// backbone where a file has their points: accuracy against multiply-adds and against milliseconds, natively and in WebAssembly, and what
// a bag of models costs; of a bundle with a cut also shares, bytes and latencies between a device and a server. Nothing is trained here. The points are by default those of the folder bundles/NAME-baselines, where there is one.
//
//   node exits.mjs [--every 1] [--bundle build/bundles/cifar10-exits] [--target SHARE] [--baselines POINTS.jsonl] [--plot FILE.svg]
//                  [--data PICTURES] [--wasm-program bench_exit_times.js] [--device-slowdown 10]
//
// --bundle: a bundle, or what the names of several begin with. SHARE: default the bundle's own. POINTS: a JSON object a line, as native/eval/exits/exit_points.hpp
// describes. Ends with eval's line of flat JSON.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');

const text = { type: 'string' };
const { values: options } = parseArgs({
  options: {
    every: { ...text, default: '1' },
    bundle: { ...text, default: join(root, 'build/bundles/cifar10-exits') },
    target: text,
    data: { ...text, default: join(process.env.SLUICE_DEPS ?? join(root, '.deps'), 'cifar10') },
    'wasm-program': { ...text, default: join(root, 'build/wasm/wasm/bench_exit_times.js') },
    baselines: text,
    plot: text,
    'device-slowdown': text,
    help: { type: 'boolean', short: 'h' },
  },
});
if (options.help) {
  const [head] = readFileSync(fileURLToPath(import.meta.url), 'utf8').split('import ', 1);
  process.stdout.write(head.replaceAll(/^\/\/ ?/gm, ''));
  process.exit(0);
}

const name = basename(resolve(options.bundle));
const committed = join(root, 'bundles', `${name}-baselines`);
if (options.baselines === undefined && existsSync(committed)) options.baselines = committed;

const program = join(root, 'build/native/native/cli/sluice');
const child = spawn(
  program,
  [
    ...['eval', name, '--bundle', options.bundle, '--data', options.data, '--wasm-program', options['wasm-program']],
    ...['--every', options.every, '--json'],
    ...['target', 'baselines', 'plot', 'device-slowdown'].flatMap((one) => (options[one] === undefined ? [] : [`--${one}`, options[one]])),
  ],
  { stdio: ['ignore', 'pipe', 'inherit'] },
);
let printed = '';
child.stdout.setEncoding('utf8').on('data', (piece) => (printed += piece));
const [status] = await once(child, 'close');
const lines = printed.trimEnd().split('\n');
const last = status === 0 ? lines.pop() : undefined;
process.stdout.write(`${lines.join('\n')}\n`);
if (status !== 0) {
  process.stderr.write(`${program} ended with status ${status}\n`);
  process.exit(1);
}
if (options.baselines !== undefined) {
  process.stdout.write(`\nRows of other systems are from ${options.baselines}, measured on all 10,000 test pictures.\n`);
}
process.stdout.write(`\n${last}\n`);
