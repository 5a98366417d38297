// A model in two halves over links that are too thin for a whole payload, or go: features come in parts, and what came answers.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { open } from 'sluice';

import { writeBundle } from './support/bundle.mjs';
import { startPacedLink } from './support/paced-link.mjs';
import { startServer } from './support/server.mjs';
import { coloured, expected, halvesBundle, toyUnitOf } from './support/split-bundle.mjs';

const pixels = 64; // so that each of the three channels is 2 kB
const colour = [180, 96, 205];
const bytesPerS = 3000;
let bundle;
let server;

before(async () => {
  bundle = writeBundle(halvesBundle({}, {}, toyUnitOf(pixels), pixels));
  server = await startServer(bundle.folder);
});
after(() => server?.stop());

async function openOver(t, link, options) {
  t.after(() => link.stop());
  const gate = await open(bundle.url, { server: link.url, threads: false, ...options });
  t.after(() => gate.dispose());
  const states = [];
  gate.onConnection(({ state }) => states.push(state));
  return { gate, states };
}

const channelsOf = ({ outputs }) => outputs[1].data[0];
const picture = () => coloured(colour, pixels, pixels);

/** Payloads that the server got in parts. */
async function payloadsInParts() {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  return [...text.matchAll(/^sluice_payloads_in_parts_total\{[^}]*\} (\d+)/gm)].reduce((sum, [, count]) => sum + Number(count), 0);
}

for (const worker of [false, true]) {
  test(`features come in parts over a thin link, and the answer says how many channels came, ${worker ? 'in a worker' : 'on this thread'}`, async (t) => {
    const before = await payloadsInParts();
    const lines = [];
    const { gate } = await openOver(t, await startPacedLink(server.port, bytesPerS), { worker, budgetMs: 3000, record: (line) => lines.push(line) });
    const results = [];
    for (let i = 0; i < 3; ++i) results.push(await gate.infer(picture()));
    for (const result of results) {
      assert.equal(result.kind, 'split');
      assert.deepEqual([...result.outputs[0].data], expected(colour, channelsOf(result)));
    }
    const channels = results.map(channelsOf);
    assert.ok(
      channels.slice(1).every((count) => count >= 1),
      channels.join(),
    );
    const inParts = (await payloadsInParts()) - before;
    assert.ok(inParts >= 1, `${inParts} payloads came in parts; answers of ${channels.join()} channels`);
    // Between two runs of the half more than one message went.
    await gate.stats();
    const messages = lines
      .filter((line) => / (halves|taken)/.test(line))
      .map((line) => (line.includes(' halves') ? 'h' : 'm'))
      .join('');
    assert.match(messages, /hmm/);
  });
}

test('the link drops with features under way: the guess answers', async (t) => {
  const link = await startPacedLink(server.port, bytesPerS);
  const { gate } = await openOver(t, link, { budgetMs: 20_000 });
  assert.equal(channelsOf(await gate.infer(picture())), 3); // there is a connection
  const under = gate.infer(picture());
  await new Promise((over) => setTimeout(over, 300)); // of the two seconds that the features take
  await link.stop('SIGKILL');
  const result = await under;
  assert.deepEqual([result.kind, channelsOf(result), [...result.outputs[0].data]], ['split', 0, expected(colour, 0)]);
  assert.match(result.reason, /nothing better came/);
});
