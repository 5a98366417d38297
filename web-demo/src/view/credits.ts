// The credits of the footage, which lie beside it as Markdown, as elements of the page. Of Markdown only what they are written in:
// a heading, paragraphs, one table, code.

/** Replaces what `place` holds. */
export function showMarkdown(place: HTMLElement, markdown: string): void {
  const blocks = markdown.split(/\n\s*\n/).map((block) => block.trim());
  place.replaceChildren(...blocks.filter((block) => block !== '').map(blockOf));
}

function blockOf(block: string): HTMLElement {
  const heading = /^#+ (.*)$/.exec(block);
  if (heading !== null) return filled('h2', heading[1]!);
  if (block.startsWith('|')) return tableOf(block.split('\n').map(cellsOf));
  return filled('p', block.replaceAll('\n', ' '));
}

function cellsOf(line: string): string[] {
  return line
    .trim()
    .replace(/^\||\|$/g, '')
    .split('|')
    .map((cell) => cell.trim());
}

function tableOf([head = [], , ...rows]: string[][]): HTMLElement {
  const table = document.createElement('table');
  table.createTHead().append(rowOf('th', head));
  table.createTBody().append(...rows.map((cells) => rowOf('td', cells)));
  return table;
}

function rowOf(name: 'th' | 'td', cells: string[]): HTMLElement {
  const row = document.createElement('tr');
  row.append(...cells.map((cell) => filled(name, cell)));
  return row;
}

/** An element with text in which `code` stands in backquotes. */
function filled(name: string, text: string): HTMLElement {
  const made = document.createElement(name);
  text.split('`').forEach((part, index) => {
    if (index % 2 === 0) return made.append(part);
    const code = document.createElement('code');
    code.textContent = part;
    return made.append(code);
  });
  return made;
}
