// What happens when the server holds another version of the bundle: that one is looked for where the bundle came from. Until it is there
// the pipeline asks the server again and again, and inputs wait for that by their budgets. One look at a time, and ever longer pauses
// between versions that were fetched and that no server took.
import type { Instance, Instances } from './instances.js';
import { describe, SluiceError } from '../errors.js';
import type { ConnectionReport } from '../worker/protocol.js';

const firstPauseMs = 250;
const mostPauseMs = 15_000;

export interface RenewalActions {
  /** Puts the new version's instance to work; false where nobody wants it any more. */
  goOnWith(instance: Instance): boolean;
  /** The server's refusal stands, with what was found in place of its version. */
  failed(report: ConnectionReport): void;
}

export class Renewal {
  readonly #instances: Instances;
  readonly #actions: RenewalActions;
  #looking = false;
  #renewals = 0; // versions gone on with, since a server answered

  constructor(instances: Instances, actions: RenewalActions) {
    this.#instances = instances;
    this.#actions = actions;
  }

  /** A server has answered a frame. */
  served(): void {
    this.#renewals = 0;
  }

  async look(refusal: ConnectionReport): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      const pauseMs = this.#renewals === 0 ? 0 : Math.min(firstPauseMs * 2 ** this.#renewals, mostPauseMs);
      if (pauseMs !== 0) await new Promise((over) => setTimeout(over, pauseMs));
      const instance = await this.#instances.ofNewVersion();
      if (this.#actions.goOnWith(instance)) {
        ++this.#renewals;
      } else {
        instance.client.dispose();
        instance.module.dispose();
      }
    } catch (thrown) {
      const message = `${refusal.error?.message}; ${describe(thrown)}`;
      const error = new SluiceError('bundle_version_mismatch', message, { cause: thrown }).serialize();
      this.#actions.failed({ ...refusal, error });
    } finally {
      this.#looking = false;
    }
  }
}
