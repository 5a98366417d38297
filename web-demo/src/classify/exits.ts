// A model with early exits, all of it in this page: shows how far into the model each picture went, and what that saved. Needs no server
// once it is loaded. One with a cut stops there, where a server goes on: shows where each picture was answered, too.
import { open, type Gate, type Progress } from 'sluice';

import { best, classNames, probabilities } from './arithmetic.js';
import { fillBars, percent, prepareBars } from './bars.js';
import { depthColorCss } from './depth-colors.js';
import { DepthHistory } from './depth-history.js';
import { DepthView } from './depth.js';
import type { Easel } from './easel.js';
import { depthOf, exitPlaces, exitPoints, hasCut, type ExitPoint } from './exit-points.js';
import type { Mode } from './mode.js';
import { WhereView } from './where.js';
import { showConnection } from '../view/chips.js';
import { element } from '../view/element.js';

const kBudgetMs = 10_000;

export class ExitsMode implements Mode {
  readonly pauseMs = 20; // frames of a video are classified as they come
  readonly #bundle: URL;
  readonly #manifest: string;
  readonly #server: URL | undefined; // that goes on from a cut
  readonly #easel: Easel;
  readonly #targetChanged: () => void;
  readonly #depth = new DepthView();
  readonly #history = new DepthHistory();
  readonly #where = new WhereView();
  readonly #bars = element('exit-bars');
  readonly #seen = element<HTMLCanvasElement>('seen').getContext('2d', { willReadFrequently: true })!;
  readonly #slider = element<HTMLInputElement>('exit-target');
  #gate: Gate | undefined;
  #names: readonly string[] = [];
  #points: readonly ExitPoint[] = [];
  #opening = new AbortController();

  constructor(bundle: URL, manifest: string, server: URL, easel: Easel, targetChanged: () => void) {
    this.#bundle = bundle;
    this.#manifest = manifest;
    this.#server = hasCut(manifest) ? server : undefined;
    this.#easel = easel;
    this.#targetChanged = targetChanged;
  }

  async start(): Promise<void> {
    const { signal } = this.#opening;
    const server = this.#server;
    const where = server === undefined ? ({ place: 'local' } as const) : ({ server, place: 'remote-else-local' } as const);
    showConnection({ state: 'idle', error: undefined, retryInMs: 0 }, where.place);
    document.body.toggleAttribute('data-cut', server !== undefined);
    this.#where.clear();
    this.#depth.say('The model is on its way.');
    const gate = await open(this.#bundle, { ...where, budgetMs: kBudgetMs, signal, onProgress: (progress) => this.#loading(progress) });
    if (signal.aborted) return gate.dispose(); // another way was chosen meanwhile
    const { stages } = gate.environment;
    if (stages === undefined) throw new Error('its model does not run by stages');
    this.#gate = gate;
    gate.onConnection((event) => {
      if (gate === this.#gate) showConnection(event, where.place);
    });
    this.#points = exitPoints(this.#manifest);
    this.#depth.prepare(stages);
    this.#history.prepare(exitPlaces(stages));
    this.#bindTarget(gate);
    const [width, height] = gate.bundle.sizes;
    element('size-note').textContent = `The model sees ${width} x ${height} pixels of it.`;
    const { name, version, description } = gate.bundle;
    const exits = stages.exits.reduce((sum, { multiplyAdds }) => sum + multiplyAdds, 0);
    element('bundle-note').textContent =
      `Bundle ${name} ${version}${description === '' ? '' : `: ${description}`}. ${countOf(stages.multiplyAdds)} multiply-adds, ` +
      `and ${percent(exits / stages.multiplyAdds)} of that for all ${stages.exits.length} exits.`;
  }

  async classify(): Promise<void> {
    const gate = this.#gate;
    if (gate === undefined) return;
    const picture = this.#small(gate);
    const point = this.#point;
    try {
      const result = await gate.infer(picture);
      const { stages } = gate.environment;
      const [logits] = result.outputs;
      if (stages === undefined || logits === undefined || gate !== this.#gate || point !== this.#point) return;
      const shares = probabilities(logits.data as Float32Array);
      if (this.#names.length !== shares.length) {
        this.#names = classNames(this.#manifest, shares.length);
        prepareBars(this.#bars, this.#names);
      }
      const top = best(shares);
      const depth = depthOf(result, stages);
      const label = `${this.#names[top]}`;
      element('exit-class').textContent = label;
      element('exit-sure').textContent = percent(shares[top]!);
      fillBars(this.#bars, shares);
      this.#bars.style.setProperty('--kind', depthColorCss(depth.exit, stages.exits.length));
      this.#depth.show(depth, point, result.reason);
      this.#history.add({ ...depth, label, reason: result.reason, tookMs: result.cost.localComputeMs + result.cost.roundTripMs });
      this.#where.show(result);
    } catch (error) {
      if (gate === this.#gate) this.#depth.say(error instanceof Error ? error.message : String(error));
    }
  }

  async dispose(): Promise<void> {
    this.#opening.abort();
    this.#history.dispose();
    this.#slider.oninput = null;
    const gate = this.#gate;
    this.#gate = undefined;
    await gate?.dispose();
  }

  get #point(): ExitPoint {
    return this.#points[Number(this.#slider.value)]!;
  }

  /** A stop for each target that was measured, and a last one at which the model runs whole. */
  #bindTarget(gate: Gate): void {
    const { defaultTarget } = gate.bundle;
    this.#slider.max = String(this.#points.length - 1);
    this.#slider.value = String(
      Math.max(
        0,
        this.#points.findIndex(({ target }) => target >= defaultTarget - 1e-6),
      ),
    );
    this.#showTarget();
    this.#slider.oninput = () => {
      this.#showTarget();
      this.#history.clear(); // means are of one target
      this.#where.clear();
      void gate.setAccuracyTarget(this.#point.target).then(this.#targetChanged, () => undefined); // disposed meanwhile
    };
  }

  #showTarget(): void {
    const { target, open: exits } = this.#point;
    element('exit-target-value').textContent = target === 1 ? '100 %' : `≥ ${shortPercent(target)}`;
    const count = exits.filter((one) => one).length;
    element('exit-target-note').textContent =
      count === 0
        ? `All exits are closed: every picture runs the whole model${this.#server === undefined ? '' : ', on the server where there is one'}.`
        : `Answers as the whole model does on that share of pictures; ${count} of ${exits.length} exits are open for it.`;
  }

  #loading({ what, loadedBytes, totalBytes }: Progress): void {
    const size = (bytes: number): string => (bytes / 1e6).toFixed(1);
    this.#depth.say(`Loading ${what}: ${size(loadedBytes)}${totalBytes === undefined ? '' : ` of ${size(totalBytes)}`} MB`);
  }

  /** The picture in the model's own size, as it is shown beside the easel: nothing is scaled after that. */
  #small({ bundle: { sizes } }: Gate): ImageData {
    const [width = 32, height = 32] = sizes;
    const { canvas } = this.#seen;
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    this.#seen.imageSmoothingQuality = 'high';
    this.#seen.drawImage(this.#easel.canvas, 0, 0, width, height);
    return this.#seen.getImageData(0, 0, width, height);
  }
}

/** One word, not to be broken. */
const shortPercent = (share: number): string => `${Number((100 * share).toFixed(1))}\u00a0%`;
const countOf = (count: number): string => (count < 1e6 ? count.toLocaleString('en') : `${(count / 1e6).toFixed(count < 1e7 ? 1 : 0)} million`);
