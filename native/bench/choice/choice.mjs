// `./dev bench choice`: the one choice among skip, reuse, exit, split, send small, send whole and run here, against every fixed system at its
// best setting, over networks that are made up and recorded ones, devices, loads of the server and what things cost. What options cost and get
// wrong is measured of the bundles that ship (native/simulate/choice/measured.csv; `bench_choice_answers` measures it anew). Ends with
// one line of flat JSON: `cost_over_best_single_worst`, the choice's cost over the best single system's under the worst condition (below 1 is
// better), `cost_over_best_fixed_...`, the same with the gate before a system allowed, `promise_kept` and `deadline_kept` as shares of the
// conditions, and `choice_us`, what a choice takes in microseconds.
//
//   node choice.mjs [--traces ../shared/data/traces] [other options of `sluice simulate choice`]
import { benchSimulation } from '../bench_simulation.mjs';

process.exit(benchSimulation('choice', process.argv.slice(2)));
