// `./dev bench selection`: which variant of a model answers in time, against the published figures of MDInference and other policies; then with
// queues and on recorded networks. Ends with one line of flat JSON: `table_max_error` in points and `table_max_late_error` of the published
// table; `attainment_250` and `accuracy_250`, the least under any condition with an SLA of 250 ms, and which that was; `off_front`, the conditions
// under which another policy is both less late and more accurate.
//
//   node selection.mjs [--traces ../shared/data/traces] [other options of `sluice simulate selection`]
import { benchSimulation } from '../bench_simulation.mjs';

process.exit(benchSimulation('selection', process.argv.slice(2)));
