// What the page says of a live promise: words and the lines of its drawing, from what the gate tells now and then. No page in it.
import type { PromiseStanding } from 'sluice';

/** At one time, each a share of the frames so far. */
export interface PromiseMark {
  readonly inputs: number;
  readonly agreement: number;
  readonly withMargin: number;
  readonly provenLeast: number;
  readonly provenMost: number;
  readonly threshold: number;
  readonly alarms: number;
}

const mostMarks = 400;

/** The course so far, in marks that lie as far apart as there is room for. */
export class PromiseCourse {
  readonly #marks: PromiseMark[] = [];
  #every = 1;
  #seen = 0;

  get marks(): readonly PromiseMark[] {
    return this.#marks;
  }

  clear(): void {
    this.#marks.length = 0;
    this.#every = 1;
    this.#seen = 0;
  }

  add(standing: PromiseStanding): void {
    if (this.#marks.at(-1)?.inputs === standing.inputs) return;
    if (this.#seen++ % this.#every !== 0) return;
    this.#marks.push({
      inputs: standing.inputs,
      agreement: standing.agreement,
      withMargin: standing.agreementWithMargin,
      provenLeast: standing.provenLeast,
      provenMost: standing.provenMost,
      threshold: standing.places[0]?.threshold ?? 0,
      alarms: standing.alarms,
    });
    if (this.#marks.length < mostMarks) return;
    this.#every *= 2;
    for (let i = this.#marks.length - 2; i > 0; i -= 2) this.#marks.splice(i, 1);
  }
}

export const stateWords: Readonly<Record<PromiseStanding['state'], string>> = {
  learning: 'learning',
  kept: 'kept',
  tight: 'kept, only just',
  broken: 'broken',
};

export function stateSentence({ state, audits, auditsPending }: PromiseStanding): string {
  const known = audits - auditsPending;
  switch (state) {
    case 'learning':
      return `Begins with the calibrated thresholds; ${known} ${known === 1 ? 'audit has' : 'audits have'} come, and ten say something.`;
    case 'kept':
      return 'By estimate and margin more frames agree than were asked for.';
    case 'tight':
      return 'By estimate enough frames agree, but not with the margin; more go to the model.';
    case 'broken':
      return 'Too few frames agree; more go to the model until it is kept again.';
  }
}

export function thresholdsSentence({ places }: PromiseStanding): string {
  return `Answered without the model: ${places.map(({ name, threshold }) => `${name} below ${threshold.toFixed(3)}`).join(', ')}.`;
}

export function auditsSentence({ audits, inputs, auditsFoundWrong, auditBytesUp, auditModelMs }: PromiseStanding): string {
  const share = inputs > 0 ? (100 * audits) / inputs : 0;
  const sent = auditBytesUp > 0 ? ` and ${Math.round(auditBytesUp / 1000)} kB sent` : '';
  return `${share.toFixed(1)} % of the frames audited, ${auditsFoundWrong} of ${audits} found wrong, for ${(auditModelMs / 1000).toFixed(1)} s of the model${sent}.`;
}
