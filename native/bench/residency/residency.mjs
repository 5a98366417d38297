// `./dev bench residency`: load seconds a request of each residency policy at 10, 25 and 50 % of the models' memory, on a day of Azure
// Functions and on made-up requests whose popularity drifts. The half life of `utility` was chosen on the trace's even functions; what is
// reported is of the odd ones, which nobody tuned on.
//
//   node residency.mjs [--trace FILE|DIR] [--functions odd] [--draws 5] [--drift 4000] [--plot FILE.svg]
//
// --trace: invocations a minute by function (default: ../shared/data/traces/azure beside the source tree). Where there is none, the
// figures of the trace are null, and a line says so.
// Ends with a line of flat JSON: load_over_lru_25 and load_over_gdsf_25 are utility's load seconds over theirs on the trace,
// load_over_undecayed_drift_25 over CremeBrulee's under drift; below 1 is better. Live, in the server (server/bench/residency_bench.hpp):
// rss_growth_1000_reloads_mb, and resident_p99_over_quiet, a pinned model's p99 beside loads of others over that without loads.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
const program = join(root, 'build/native/native/cli/sluice');
const liveProgram = join(root, 'build/native/server/bench/bench_residency');

const text = { type: 'string' };
const { values: options } = parseArgs({
  options: {
    trace: { ...text, default: join(root, '../shared/data/traces/azure') },
    functions: { ...text, default: 'odd' },
    draws: { ...text, default: '5' },
    drift: { ...text, default: '4000' },
    plot: text,
    help: { type: 'boolean', short: 'h' },
  },
});
if (options.help) {
  const [head] = readFileSync(fileURLToPath(import.meta.url), 'utf8').split('import ', 1);
  process.stdout.write(head.replaceAll(/^\/\/ ?/gm, ''));
  process.exit(0);
}

// Prints what the program does under a title, and returns what stands in its line of JSON.
async function run(title, command, given) {
  const child = spawn(command, given, { stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (piece) => (printed += piece));
  const [status] = await once(child, 'close');
  if (status !== 0) {
    process.stderr.write(`${command} ended with status ${status}\n`);
    process.exit(1);
  }
  const lines = printed.trimEnd().split('\n');
  const figures = JSON.parse(lines.pop());
  process.stdout.write(`## ${title}\n\n${lines.join('\n')}\n\n`);
  return figures;
}

const simulate = (title, given) => run(title, program, ['simulate', 'residency', '--draws', options.draws, '--json', ...given]);

const load = (figures, policy, capacity) => figures?.[`${policy}_${capacity}_load_s_per_request`];
function over(figures, policy, capacity) {
  const [ours, theirs] = [load(figures, 'utility', capacity), load(figures, policy, capacity)];
  return ours === undefined || !(theirs > 0) ? null : Number((ours / theirs).toFixed(4));
}

const plot = options.plot === undefined ? [] : ['--plot', options.plot];
let azure;
if (existsSync(options.trace)) {
  azure = await simulate('Azure Functions', ['--trace', options.trace, '--functions', options.functions, ...plot]);
} else {
  process.stdout.write(`No trace at ${options.trace}: what is measured on one is null. --trace names another.\n\n`);
}
const drift = await simulate('Popularity dealt anew', ['--requests', '40000', '--drift', options.drift]);
const window = await simulate('Popularity that moves on', ['--requests', '40000', '--drift', '400', '--drift-kind', 'window']);
const still = await simulate('Popularity that stays', []);

const live = await run('Live in the server', liveProgram, []);

const result = {
  trace: azure === undefined ? null : 'azure',
  trace_requests: azure?.requests ?? null,
  trace_models: azure?.models ?? null,
};
for (const capacity of [10, 25, 50]) {
  for (const policy of ['utility', 'cremebrulee', 'gdsf', 'lru', 'lfu', 's3_fifo', 'sieve', 'random', 'belady', 'cremebrulee_oracle']) {
    result[`load_s_${policy}_${capacity}`] = load(azure, policy, capacity) ?? null;
  }
  result[`load_over_lru_${capacity}`] = over(azure, 'lru', capacity);
  result[`load_over_gdsf_${capacity}`] = over(azure, 'gdsf', capacity);
  result[`load_over_undecayed_${capacity}`] = over(azure, 'cremebrulee', capacity);
  result[`load_over_undecayed_drift_${capacity}`] = over(drift, 'cremebrulee', capacity);
  result[`load_over_gdsf_drift_${capacity}`] = over(drift, 'gdsf', capacity);
  result[`load_over_undecayed_window_${capacity}`] = over(window, 'cremebrulee', capacity);
  result[`load_over_undecayed_still_${capacity}`] = over(still, 'cremebrulee', capacity);
}
result.simulated_requests_per_s = (azure ?? drift).simulated_requests_per_s;
Object.assign(result, live);
process.stdout.write(`${JSON.stringify(result)}\n`);
