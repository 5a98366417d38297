// The classes as bars: a line each, the longest marked. Plain functions over a list element.
import { best } from './arithmetic.js';

export function prepareBars(list: HTMLElement, names: readonly string[]): void {
  list.replaceChildren(...names.map((name) => barOf(name)));
}

/** `shares` of one, in the order of the names. */
export function fillBars(list: HTMLElement, shares: readonly number[]): void {
  const top = best(shares);
  shares.forEach((share, i) => {
    const item = list.children[i] as HTMLElement;
    item.className = i === top ? 'best' : '';
    item.style.setProperty('--share', `${100 * share}%`);
    item.querySelector('output')!.textContent = percent(share);
  });
}

export const percent = (share: number): string => (share < 0.001 ? '0 %' : `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)} %`);
export const ms = (time: number): string => `${time < 10 ? time.toFixed(1) : Math.round(time)} ms`;

function barOf(name: string): HTMLElement {
  const item = document.createElement('li');
  const label = document.createElement('span');
  label.textContent = name;
  item.append(label, document.createElement('i'), document.createElement('output'));
  return item;
}
