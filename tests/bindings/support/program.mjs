// Runs a program for a test: resolves once it says that it is ready, and ends that very process.
import { spawn } from 'node:child_process';

/**
 * Starts `path` and waits until what it prints (both streams) matches `ready`, or, of a program that says nothing, until it
 * runs. Resolves to { match, output, stop }; rejects with all that was printed when the program ends first or is not ready after
 * `patienceMs`. `stdin`: 'pipe' for a program that runs until its input ends.
 */
export async function startProgram(path, args, { ready, env = process.env, cwd, stdin = 'ignore', patienceMs = 60_000 }) {
  const child = spawn(path, args, { env, cwd, stdio: [stdin, 'pipe', 'pipe'] });
  const ended = new Promise((resolve) => child.once('close', resolve));
  let output = '';
  const stop = async (signal = 'SIGTERM') => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await ended;
  };
  const match = await new Promise((resolve, reject) => {
    const read = (chunk) => {
      output += chunk;
      const found = ready?.exec(output);
      if (found) resolve(found);
    };
    if (ready === undefined) child.once('spawn', () => resolve());
    child.stdout.setEncoding('utf8').on('data', read);
    child.stderr.setEncoding('utf8').on('data', read);
    child.once('error', (error) => reject(new Error(`${path} did not start: ${error.message}`)));
    child.once('close', (code, signal) => reject(new Error(`${path} ended with ${signal ?? `status ${code}`}:\n${output}`)));
    setTimeout(() => reject(new Error(`${path} was not ready after ${patienceMs / 1000} s:\n${output}`)), patienceMs).unref();
  }).catch(async (error) => {
    if (child.pid !== undefined) await stop('SIGKILL');
    throw error;
  });
  return { match, output: () => output, stop };
}
