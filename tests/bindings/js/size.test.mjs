// The gate alone has to be small, and the thin client with it: how large the modules are, what is in them, and bounds that they
// must not grow past.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { contents, table } from '../../../wasm/contents.mjs';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const built = join(process.env.SLUICE_BUILD ?? join(root, 'build'), 'wasm/wasm');
// 80,000 and 100,000 before the modules told pages what a manifest says (bundles of every kind of input, parts, questions), which
// pages read by themselves until then, and before the client remembered answers (REUSE, 11,000 bytes). 124,000 before routes could
// send something of their own over the remote one's connection (a model in two halves), 124,400 before they could in parts, 124,700
// before the client took that route itself: 4,300 bytes of it are the route, with the parts of its payloads and the putting together of
// answers, 400 its section of the manifest, the rest its calls and its lines in decision logs. 130,400 before reasons said of how many channels
// an answer came; 130,500 before each guess said why there is no server, and answers of more channels than were sent, or not finite, were refused.
// 90,000 and 131,000 before models ran by stages: a batch that is fixed as a model is loaded, outputs that go into the next stage uncopied, and
// routes that say why and what was computed. 131,500 before a guess took an older answer of the remote half (600 bytes), and before the wire
// and its answers knew of models that a server goes on with from a cut (500). 132,700 before events told of coding and of answers that only fill in,
// and options had the cut (100): the route itself, and what codes, is in the full modules alone, whose stages it needs.
// 132,850 before the wire and answers knew of variants, inputs of how they were placed, routes of what goes again after a refusal, and pictures of
// whether they may lose something on their way (1,400): what places and chooses is in the full modules alone.
// 134,300 before clients read which variants a server may answer with, by which they judge what is in time, and answers said whose they are
// (1,700, with what a record of placement is larger by since it names answers of every kind), and before inputs could be asked about again on
// their way, where answers are chosen by their cost (550). What places and chooses stays out: placing alone is 20,700 bytes of code.
// 136,400 before inputs stayed for an audit after their answer (700): the promise itself, its audits' turns and all that is learned are in the full
// modules alone.
const boundBytes = { gate: 90_500, client: 137_300 };

for (const [module, bound] of Object.entries(boundBytes)) {
  test(`the ${module} module stays within its bound as brotli`, (t) => {
    const file = join(built, `sluice-${module}.wasm`);
    const read = contents(readFileSync(file), readFileSync(`${file}.symbols`, 'utf8'));
    t.diagnostic(`sluice-${module}.wasm: ${table(read)}`);
    t.diagnostic(`${read.brotli} bytes as brotli; the bound is ${bound}`);
    assert.ok(read.brotli <= bound, `${read.brotli} bytes as brotli; the bound is ${bound}`);
    const named = read.code.find(([name]) => name === 'model runner');
    assert.ok(named !== undefined && named[1] > 0, 'the symbols do not belong to this module');
  });
}
