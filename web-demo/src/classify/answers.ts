// The answers as they come: a line for each step, and the bars of the one that is shown, that of most channels unless one was chosen.
import { best, probabilities } from './arithmetic.js';
import { fillBars, ms, percent, prepareBars } from './bars.js';
import { element } from '../view/element.js';

export interface Answer {
  readonly logits: ArrayLike<number>;
  /** How many channels it came of, which may be fewer than were to be sent: with 0 it is the guess of this page. */
  readonly channels: number;
  /** Whether anything left for the server. */
  readonly sent: boolean;
  readonly afterMs: number;
}

interface Line {
  readonly channels: number;
  readonly button: HTMLButtonElement;
  answer: Answer | undefined;
}

export class AnswersView {
  readonly #steps = element('steps');
  readonly #bars = element('bars');
  readonly #title = element('bars-title');
  #names: readonly string[] = [];
  #all = 0;
  #bytes: readonly number[] = [];
  #lines: Line[] = [];
  #chosen: Line | undefined; // by the visitor
  #drawn: Line | undefined;

  /** Lines for answers of so many channels each, of `all`. */
  prepare(names: readonly string[], steps: readonly number[], all: number): void {
    this.#names = names;
    this.#all = all;
    this.#lines = steps.map((channels) => this.#line(channels));
    this.#steps.replaceChildren(...this.#lines.map(({ button }) => button.parentElement!));
    prepareBars(this.#bars, names);
  }

  /** Another picture: what is shown stays until its guess comes. */
  begin(bytes: readonly number[]): void {
    this.#chosen = this.#drawn = undefined;
    this.#bytes = bytes;
    for (const line of this.#lines) {
      line.answer = undefined;
      line.button.dataset['state'] = 'waiting';
      this.#fill(line, '…', this.#sent(line));
    }
  }

  show(step: number, answer: Answer): void {
    const line = this.#lines[step]!;
    const shares = probabilities(answer.logits);
    const top = best(shares);
    line.answer = answer;
    line.button.dataset['state'] = 'here';
    const sent = answer.sent || line.channels === 0 ? this.#sent(line) : 'nothing sent';
    this.#fill(line, `${this.#names[top]} ${percent(shares[top]!)}`, `${sent}, ${ms(answer.afterMs)}`, this.#shortOf(line, answer));
    // Answers may overtake each other.
    if (this.#chosen === undefined ? line.channels >= (this.#drawn?.channels ?? 0) : this.#chosen === line) this.#draw(line);
  }

  fail(step: number, why: string): void {
    const line = this.#lines[step]!;
    line.button.dataset['state'] = 'waiting';
    this.#fill(line, why, '');
  }

  #line(channels: number): Line {
    const item = document.createElement('li');
    const button = document.createElement('button');
    button.type = 'button';
    button.append(...['span', 'b', 'span', 'span'].map((name) => document.createElement(name)));
    button.children[2]!.className = 'when';
    button.children[3]!.className = 'note';
    item.append(button);
    const line: Line = { channels, button, answer: undefined };
    button.firstElementChild!.textContent = channels === 0 ? 'guess here' : `${channels} of ${this.#all}`;
    button.addEventListener('click', () => {
      this.#chosen = line;
      this.#draw(line);
    });
    return line;
  }

  #sent({ channels }: Line): string {
    return `${this.#bytes[channels] ?? 0} bytes`;
  }

  /** What an answer lacks of what its line is for. */
  #shortOf({ channels }: Line, answer: Answer): string {
    if (answer.channels >= channels) return '';
    if (answer.channels > 0) return `${answer.channels} of these ${channels} channels came in time`;
    return `the guess of this page: ${answer.sent ? 'no answer came' : 'no server is there'}`;
  }

  #fill({ button }: Line, text: string, when: string, note = ''): void {
    [text, when, note].forEach((words, i) => (button.children[i + 1]!.textContent = words));
  }

  #draw(line: Line): void {
    this.#drawn = line;
    for (const { button } of this.#lines) button.setAttribute('aria-pressed', String(button === line.button));
    const channels = line.answer?.channels ?? line.channels;
    this.#title.textContent = channels === 0 ? 'The guess of this page' : `Both halves together, after ${channels} of ${this.#all} channels`;
    if (line.answer === undefined) return;
    fillBars(this.#bars, probabilities(line.answer.logits));
  }
}
