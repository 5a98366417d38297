// One engine in one worker: loads on 'load', runs on 'run' and answers with the milliseconds of each run and the last
// output. The page lets one worker run at a time.
let engine;

function seededInput(length) {
  const values = new Float32Array(length);
  let state = 12345;
  for (let i = 0; i < length; ++i) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    values[i] = (state / 0xffffffff) * 2 - 1;
  }
  return values;
}

async function handle({ command, engineUrl, options, runs }) {
  if (command === 'load') {
    const { create } = await import(engineUrl);
    const started = performance.now();
    engine = await create({ ...options, input: seededInput(3 * 224 * 224) });
    return { about: engine.about, loadMs: performance.now() - started };
  }
  const times = [];
  let output;
  for (let i = 0; i < runs; ++i) {
    const started = performance.now();
    output = await engine.run();
    times.push(performance.now() - started);
  }
  return { times, output: Array.from(output) };
}

if (!self.name.startsWith('em-pthread')) {
  self.onmessage = async ({ data }) => {
    try {
      self.postMessage({ id: data.id, result: await handle(data) });
    } catch (error) {
      self.postMessage({ id: data.id, error: `${error?.name ?? 'Error'}: ${error?.message ?? error}` });
    }
  };
}
