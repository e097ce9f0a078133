/**
 * On a phone a row is a card (web/console/row-card.css), and each cell says which column it is: the names come from the table's
 * head. Tables of up to three columns, and those marked `as-table`, stay tables.
 */
export const withColumnNames = (html: string): string =>
  html.replaceAll(/<table class="rows(?![^"]*\bas-table\b)[^>]*>.*?<\/table>/gs, (table) => {
    const [head] = /<thead.*?<\/thead>/s.exec(table) ?? [];
    if (head === undefined) return table;
    const names = [...head.matchAll(/<th\b[^>]*>(.*?)<\/th>/gs)].map(([, name = '']) => nameOf(name));
    if (names.length <= 3) return table;
    return table.replaceAll(/<tr\b.*?<\/tr>/gs, (row) => {
      let column = 0;
      return row.replaceAll(/<t([dh])\b([^>]*)>\s*/g, (cell, kind: string, attributes: string) => {
        const name = names[column] ?? '';
        column += Number(/\bcolspan="(\d+)"/.exec(attributes)?.[1] ?? 1);
        // A head within a row says what the row is about.
        return kind === 'h' || attributes.includes('data-label=') ? cell : `<td${attributes} data-label="${name}">`;
      });
    });
  });

/** Already escaped by the template; what only screen readers are told of a column of buttons is no name. */
const nameOf = (head: string): string =>
  head.includes('visually-hidden')
    ? ''
    : head
        .replaceAll(/<[^>]*>/g, '')
        .replaceAll(/\s+/g, ' ')
        .trim();
