// The pictures so far, newest at the right: a column each, as high as the share of the model that ran, with a line where each exit stands; how
// much was saved, and where pictures left. Pointing at a column says what the picture was.
import { ms, percent } from './bars.js';
import { depthColor, depthColorCss } from './depth-colors.js';
import { median, summary, type Depth } from './exit-points.js';
import { element } from '../view/element.js';

const kColumn = 6;
const kGap = 2;
const kLeast = 3; // of a column's height
const kMost = 1000;

/** As the style sheet's media query: a canvas has no part in that. */
const kLight = matchMedia('(prefers-color-scheme: light)');

export interface PastPicture extends Depth {
  readonly label: string;
  readonly reason: string;
  readonly tookMs: number;
}

export class DepthHistory {
  readonly #canvas = element<HTMLCanvasElement>('depths');
  readonly #tip = element('depth-tip');
  readonly #list = element('exit-counts');
  readonly #sizes = new ResizeObserver(() => this.#schedule());
  readonly #onScheme = (): void => this.#schedule();
  #places: readonly number[] = [];
  #past: PastPicture[] = [];
  #scheduled = false;

  constructor() {
    this.#sizes.observe(this.#canvas);
    kLight.addEventListener('change', this.#onScheme);
    this.#canvas.onpointermove = this.#canvas.onpointerdown = (event) => this.#explain(event);
    this.#canvas.onpointerleave = () => (this.#tip.hidden = true);
  }

  /** Of a model whose exits stand at these shares of it. */
  prepare(places: readonly number[]): void {
    this.#places = places;
    this.#list.replaceChildren(
      ...[...places.map((_, i) => `exit ${i + 1}`), 'whole'].map((name, i) =>
        lineOf(name, depthColorCss(i < places.length ? i + 1 : undefined, places.length)),
      ),
    );
    this.clear();
  }

  add(picture: PastPicture): void {
    this.#past.push(picture);
    if (this.#past.length > kMost) this.#past.shift();
    this.#tip.hidden = true; // the columns move on
    this.#tell();
    this.#schedule();
  }

  clear(): void {
    this.#past = [];
    this.#tip.hidden = true;
    this.#tell();
    this.#schedule();
  }

  dispose(): void {
    this.#sizes.disconnect();
    kLight.removeEventListener('change', this.#onScheme);
  }

  #tell(): void {
    const { counts, mean } = summary(this.#past, this.#places.length);
    const pictures = this.#past.length;
    element('saved').textContent = pictures === 0 ? '–' : percent(Math.max(0, 1 - mean));
    element('saved-of').textContent = pictures === 1 ? 'one picture' : `${pictures} pictures`;
    element('saved-ms').textContent = timesOf(this.#past);
    counts.forEach((count, i) => {
      const item = this.#list.children[i] as HTMLElement;
      const share = pictures === 0 ? 0 : count / pictures;
      item.style.setProperty('--share', `${100 * share}%`);
      item.querySelector('output')!.textContent = percent(share);
    });
  }

  #room(): number {
    return Math.max(1, Math.floor(this.#canvas.clientWidth / (kColumn + kGap)));
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    requestAnimationFrame(() => {
      this.#scheduled = false;
      this.#draw();
    });
  }

  #draw(): void {
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    const ratio = devicePixelRatio;
    this.#canvas.width = Math.round(width * ratio);
    this.#canvas.height = Math.round(height * ratio);
    const context = this.#canvas.getContext('2d')!;
    context.scale(ratio, ratio);
    const level = (share: number): number => height - Math.min(1, share) * (height - 1);
    context.fillStyle = kLight.matches ? '#d3dae1' : '#232c36';
    for (const place of [...this.#places, 1]) context.fillRect(0, Math.round(level(place)) - (place === 1 ? 0 : 1), width, 1);
    const shown = this.#past.slice(-this.#room());
    shown.forEach(({ share, exit }, i) => {
      const top = Math.min(level(share), height - kLeast);
      context.fillStyle = depthColor(exit, this.#places.length, kLight.matches);
      context.globalAlpha = i === shown.length - 1 ? 1 : 0.75;
      context.beginPath();
      context.roundRect(width - (shown.length - i) * (kColumn + kGap), top, kColumn, height - top, [2, 2, 0, 0]);
      context.fill();
    });
    context.globalAlpha = 1;
  }

  #explain(event: PointerEvent): void {
    const fromRight = Math.floor((this.#canvas.clientWidth - event.offsetX) / (kColumn + kGap));
    const picture = fromRight < this.#room() ? this.#past[this.#past.length - 1 - fromRight] : undefined;
    this.#tip.hidden = picture === undefined;
    if (picture === undefined) return;
    this.#tip.textContent = `${picture.label}, ${percent(picture.share)} of the model: ${picture.reason}`;
    this.#tip.style.setProperty('--kind', depthColorCss(picture.exit, this.#places.length));
    const room = this.#canvas.clientWidth - this.#tip.offsetWidth;
    this.#tip.style.left = `${Math.max(16, Math.min(room, event.offsetX - this.#tip.offsetWidth / 2))}px`;
  }
}

/** Times of those that left early and of those that did not, as far as there are any. */
function timesOf(past: readonly PastPicture[]): string {
  const middle = (early: boolean): string | undefined => {
    const times = past.filter(({ exit }) => (exit !== undefined) === early).map(({ tookMs }) => tookMs);
    return times.length === 0 ? undefined : ms(median(times));
  };
  const [early, whole] = [middle(true), middle(false)];
  if (early === undefined) return whole === undefined ? '' : `${whole} a picture`;
  return whole === undefined ? `${early} a picture` : `${early} where an exit answered, ${whole} where none did`;
}

function lineOf(name: string, color: string): HTMLElement {
  const item = document.createElement('li');
  item.style.setProperty('--kind', color);
  const label = document.createElement('span');
  label.textContent = name;
  item.append(label, document.createElement('i'), document.createElement('output'));
  return item;
}
