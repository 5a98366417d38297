// What the pipeline asks of the engine for an input: a payload for the server, a run of the device half, or one of the full model or of a stage of it. Each
// ends in a reply to the instance that asked for it: another one, after a trap or a renewal, numbers its inputs anew and hears nothing.
import { nowUs } from './clock.js';
import { fileOf, type InputReader, type Input } from './input.js';
import type { LocalModel, Ran } from './local-model.js';
import type { LocalRunner } from './local-runner.js';
import type { Client, EncodeWork, RunStageWork, Work } from '../bindings/client.js';
import { ModuleTrap } from '../bindings/trap.js';
import { errorTable } from '../error-table.js';
import { toSluiceError, type SluiceError } from '../errors.js';
import { readPicture, type Halves } from '../split/halves.js';
import type { Wishes } from '../worker/protocol.js';

/** The engine that the work is done for. */
export interface AttemptHost {
  /** What it runs on now. */
  now(): { readonly client: Client; readonly halves: Halves | undefined; readonly runner: LocalRunner; readonly standIn: LocalRunner | undefined };
  /** An input, while it is under way. */
  held(input: number): { readonly input: Input; readonly wishes: Wishes | undefined } | undefined;
  /** Makes a call of the pipeline, where it may still be called. */
  reply(call: () => void): void;
  /** What the logger is to hear. */
  failed(message: string): void;
}

export class Attempts {
  readonly #reader: InputReader;
  readonly #host: AttemptHost;

  constructor(reader: InputReader, host: AttemptHost) {
    this.#reader = reader;
    this.#host = host;
  }

  work(attempt: number, input: number, work: Work): Promise<void> {
    if (work.type === 'encode') return this.#encode(attempt, input, work);
    const { halves } = this.#host.now();
    return halves !== undefined && work.part === halves.part.name ? this.#runHalf(attempt, input, halves) : this.#runLocally(attempt, input, work);
  }

  async #encode(attempt: number, input: number, work: EncodeWork): Promise<void> {
    const held = this.#host.held(input);
    if (held === undefined) return;
    const { client } = this.#host.now();
    const started = nowUs();
    try {
      const traceparent = held.wishes?.traceparent ?? '';
      const file = work.own ? fileOf(held.input) : undefined;
      if (file !== undefined) return this.#reply(client, () => client.submitPayload(attempt, 'jpeg', file, traceparent, 0n, nowUs()));
      const { encoding, payload } = await this.#reader.encode(held.input, work);
      this.#reply(client, () => client.submitPayload(attempt, encoding, payload, traceparent, nowUs() - started, nowUs()));
    } catch (thrown) {
      this.#replyFailed(client, attempt, toSluiceError(thrown, 'internal'));
    }
  }

  async #runHalf(attempt: number, input: number, halves: Halves): Promise<void> {
    const held = this.#host.held(input);
    if (held === undefined) return;
    const { client } = this.#host.now();
    try {
      const pixels = await readPicture(held.input, this.#reader);
      const started = nowUs();
      const { channels, traceparent = '' } = held.wishes ?? {};
      const outputs = halves.run(pixels, channels);
      this.#reply(client, () => client.submitOutputs(attempt, outputs, traceparent, nowUs() - started, nowUs()));
    } catch (thrown) {
      this.#replyFailed(client, attempt, toSluiceError(thrown, 'execution_failed'));
    }
  }

  async #runLocally(attempt: number, input: number, { part, stage, withExit, coded }: RunStageWork): Promise<void> {
    const { client, standIn, ...rest } = this.#host.now();
    const runner = standIn !== undefined && part === standIn.part ? standIn : rest.runner;
    let model: LocalModel | undefined;
    try {
      model = await runner.load();
      const held = this.#host.held(input);
      if (held === undefined || client !== this.#host.now().client) return;
      const started = nowUs();
      const ran = await model.run(held.input, this.#reader, { attempt, stage, withExit, coded });
      this.#reply(client, () => submit(client, attempt, ran, held.wishes?.traceparent ?? '', nowUs() - started));
    } catch (thrown) {
      const error = toSluiceError(thrown, 'execution_failed');
      if (error instanceof ModuleTrap && model !== undefined) runner.drop(model);
      this.#host.failed(`input ${input} was not run here: ${error.message}`);
      this.#replyFailed(client, attempt, error);
    }
  }

  #replyFailed(client: Client, attempt: number, error: SluiceError): void {
    this.#reply(client, () => client.fail(attempt, error, errorTable[error.code].status, nowUs()));
  }

  #reply(client: Client, call: () => void): void {
    if (client === this.#host.now().client) this.#host.reply(call);
  }
}

function submit(client: Client, attempt: number, ran: Ran, traceparent: string, took: bigint): void {
  switch (ran.type) {
    case 'whole':
      return client.submitOutputs(attempt, ran.outputs, '', took, nowUs());
    case 'stage':
      return client.submitStage(attempt, ran.outputs, ran.multiplyAdds, took, nowUs());
    case 'coded':
      return client.submitCoded(attempt, ran.bytes, traceparent, took, nowUs());
  }
}
