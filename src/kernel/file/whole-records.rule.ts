/** One record of a file; `line` is the line of the file where it starts, from 1. */
export type CsvRecord = { line: number; cells: string[] };

/** Text that ends where a record ends: `plain` holds no quotation mark, `quoted` is for the parser. */
export type RecordText = { kind: 'plain' | 'quoted'; text: string };

/** Cuts a file in text where records end; what is not known to be whole waits for more, up to `maxLength`. */
export function recordCutter(delimiter: string, maxLength: number) {
  let kept = '';
  return {
    /** The whole records so far. */
    add(piece: string): RecordText[] {
      const text = kept + piece;
      const { whole, end } = wholeRecords(text, delimiter);
      kept = text.slice(end);
      if (kept.length <= maxLength) return whole;
      // Longer than any record, or its quotation mark is not where one may stand: the parser says which.
      const rest = kept;
      kept = '';
      return [...whole, { kind: 'quoted', text: rest }];
    },
    /** The rest of the file. */
    end(): RecordText[] {
      if (kept === '') return [];
      const { whole, end } = wholeRecords(`${kept}\n`, delimiter);
      return end > kept.length ? whole : [{ kind: 'quoted', text: kept }];
    },
  };
}

/** The records of the text that end in it, and where the last of them does. */
function wholeRecords(text: string, delimiter: string): { whole: RecordText[]; end: number } {
  const first = text.indexOf('"');
  if (first < 0) {
    const end = endOfLines(text);
    return { whole: textOf('plain', text.slice(0, end)), end };
  }
  const start = endOfLines(text.slice(0, first));
  const { written, end } = asRecords(text.slice(start), delimiter);
  const whole = [...textOf('plain', text.slice(0, start)), ...textOf('quoted', written)];
  return { whole, end: start + end };
}

const textOf = (kind: RecordText['kind'], text: string): RecordText[] => (text === '' ? [] : [{ kind, text }]);

/** Behind the last line end; a CR at the very end may be half of one. */
const endOfLines = (text: string): number => Math.max(text.lastIndexOf('\n'), text.slice(0, -1).lastIndexOf('\r')) + 1;

/**
 * Text with quotation marks up to its last line end outside of them. Many systems write ="13800138000" so that Excel keeps
 * the digits. Unquoted that is no CSV: such a cell is quoted here, as Excel reads it. The lines stay what they were.
 */
function asRecords(text: string, delimiter: string): { written: string; end: number } {
  let done = '';
  let from = 0;
  let written = '';
  let end = 0;
  for (let at = 0; ;) {
    const mark = text.indexOf('"', at);
    const bare = text.slice(at, mark < 0 ? text.length : mark);
    const lines = endOfLines(mark < 0 ? bare : `${bare} `);
    if (lines > 0) {
      end = at + lines;
      written = done + text.slice(from, end);
    }
    if (mark < 0) return { written, end };
    const cell =
      at + Math.max(lines, bare.lastIndexOf(delimiter) < 0 ? 0 : bare.lastIndexOf(delimiter) + delimiter.length);
    const formula = /^[ \t]*=[ \t]*$/.test(text.slice(cell, mark)) ? formulaEnd(text, mark, delimiter) : -1;
    if (formula > 0) {
      done += `${text.slice(from, cell)}"${text.slice(cell, formula).trim().replaceAll('"', '""')}"`;
      from = formula;
      at = formula;
    } else {
      const closing = closingMark(text, mark);
      if (closing < 0) return { written, end };
      at = closing + 1;
    }
  }
}

/** Behind the mark that ends the formula's text, if the cell ends there too; -1 if it is none. */
function formulaEnd(text: string, mark: number, delimiter: string): number {
  const closing = text.indexOf('"', mark + 1);
  if (closing <= mark + 1 || /[\r\n]/.test(text.slice(mark, closing))) return -1;
  let end = closing + 1;
  while (text[end] === ' ' || text[end] === '\t') {
    if (text.startsWith(delimiter, end)) break;
    end += 1;
  }
  return end === text.length || text.startsWith(delimiter, end) || /[\r\n]/.test(text[end] ?? '') ? end : -1;
}

function closingMark(text: string, opening: number): number {
  for (let at = opening + 1; ;) {
    const mark = text.indexOf('"', at);
    if (mark < 0 || text[mark + 1] !== '"') return mark;
    at = mark + 2;
  }
}
