// `./dev bench choice`: the one choice among skip, reuse, exit, split, send small, send whole and run here, against every fixed system at its
// best setting, over networks that are made up and recorded ones, devices, loads of the server and what things cost. What options cost and get
// wrong is measured of the bundles that ship (native/simulate/choice/measured.csv; `bench_choice_answers` measures it anew). Then the same live
// (live.mjs): the client with the shipped bundles and a real server. Ends with
// one line of flat JSON: `cost_over_best_single_worst`, the choice's cost over the best single system's under the worst condition (below 1 is
// better), `cost_over_best_fixed_...`, the same with the gate before a system allowed, `promise_kept` and `deadline_kept` as shares of the
// conditions, `choice_us`, what a choice takes in microseconds, and the figures of live.mjs.
//
//   node choice.mjs [--no-live | --only-live] [--traces ../shared/data/traces] [other options of `sluice simulate choice`]
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { simulationFigures } from '../bench_simulation.mjs';

const given = process.argv.slice(2);
const has = (name) => {
  const at = given.indexOf(name);
  if (at >= 0) given.splice(at, 1);
  return at >= 0;
};
const withoutLive = has('--no-live');
const onlyLive = has('--only-live');

const simulated = onlyLive ? { status: 0, figures: {} } : simulationFigures('choice', given);
let { status, figures } = simulated;
if (status === 0 && !withoutLive) {
  const live = spawnSync(process.execPath, [join(dirname(fileURLToPath(import.meta.url)), 'live.mjs')], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  status = live.status ?? 1;
  if (status === 0) figures = { ...figures, ...JSON.parse(live.stdout.trim().split('\n').at(-1)) };
}
if (status === 0) console.log(JSON.stringify(figures));
process.exit(status);
