// The timeline's legend, which counts as well. Kinds that never occurred are left out, beside the two that explain the page.
import { kKindNames, kKinds } from '../kinds.js';
import type { RecordKind } from '../record.js';

export class Legend {
  readonly #items = new Map<RecordKind, { item: HTMLElement; count: HTMLElement }>();

  constructor(list: HTMLElement) {
    const others = list.firstElementChild!; // what is no kind of answer comes after these
    for (const kind of kKindNames) {
      const item = document.createElement('li');
      const count = document.createElement('b');
      count.id = `count-${kind}`;
      item.dataset['kind'] = kind;
      item.title = kKinds[kind].title;
      item.append(`${kKinds[kind].label} `, count);
      others.before(item);
      this.#items.set(kind, { item, count });
    }
  }

  show(counts: Readonly<Record<RecordKind, number>>): void {
    for (const [kind, { item, count }] of this.#items) {
      item.hidden = counts[kind] === 0 && kind !== 'skipped' && kind !== 'remote';
      count.textContent = counts[kind].toLocaleString('en');
    }
  }
}
