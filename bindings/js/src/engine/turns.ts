// Tasks that share something, one after the other. A task that has nothing to wait for runs at once when none is under way.

export class Turns {
  #last: Promise<unknown> | undefined;

  take<T>(task: () => T | Promise<T>): T | Promise<T> {
    const result = this.#last === undefined ? task() : this.#last.then(task);
    if (!(result instanceof Promise)) return result;
    const ended = result
      .catch(() => undefined)
      .then(() => {
        if (this.#last === ended) this.#last = undefined;
      });
    this.#last = ended;
    return result;
  }

  /** Once all tasks so far have ended, well or not. */
  async idle(): Promise<void> {
    while (this.#last !== undefined) await this.#last;
  }
}
