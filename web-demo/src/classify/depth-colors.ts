// How deep an answer was found, as a colour: from what left first, over what left last, to the whole model. Plain function.
import { kKinds } from '../kinds.js';

const kFirst = { color: '#4fc98a', colorOnLight: '#12894c' };

/** `exit` from 1 of `exits`; undefined: the whole model. */
export function depthColor(exit: number | undefined, exits: number, light: boolean): string {
  const of = ({ color, colorOnLight }: { readonly color: string; readonly colorOnLight: string }): string => (light ? colorOnLight : color);
  if (exit === undefined) return of(kKinds.local);
  return mixed(of(kFirst), of(kKinds.exited), exits < 2 ? 0 : (exit - 1) / (exits - 1));
}

/** The same for a style sheet, light or dark as the system is. */
export function depthColorCss(exit: number | undefined, exits: number): string {
  return `light-dark(${depthColor(exit, exits, true)}, ${depthColor(exit, exits, false)})`;
}

/** Of two colours like #1f9d5a. */
function mixed(from: string, to: string, share: number): string {
  const level = (color: string, channel: number): number => parseInt(color.slice(1 + 2 * channel, 3 + 2 * channel), 16);
  return `rgb(${[0, 1, 2].map((channel) => Math.round(level(from, channel) + share * (level(to, channel) - level(from, channel)))).join(' ')})`;
}
