// One run at a time: a new one ends the one before and starts when that has given everything back. What a run does is its own
// business; it must end soon after its signal is aborted, and not throw.

export class Runs {
  #abort = new AbortController();
  #ended: Promise<void> = Promise.resolve();

  start(run: (signal: AbortSignal) => Promise<void>): void {
    this.#abort.abort();
    const { signal } = (this.#abort = new AbortController());
    this.#ended = this.#ended.then(() => (signal.aborted ? undefined : run(signal)));
  }
}
