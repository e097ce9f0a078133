import type { Breach, SourceFile } from './source.ts';

/** A line that one reads without moving the page; a sheet of styles that dresses one thing. */
const limits = { templateLine: 140, sheetLines: 300 };

/** A template is read as its page looks: one thing a line. In Chinese text a break shows, so it stands inside a tag or has a `~`. */
export const templateLine = (files: readonly SourceFile[]): Breach[] =>
  files
    .filter(({ path }) => path.endsWith('.hbs'))
    .flatMap(({ path: file, text }) =>
      text
        .split('\n')
        .flatMap((line, index) =>
          line.length > limits.templateLine
            ? [{ rule: 'template-line', file, what: `line ${index + 1} has ${line.length} characters` }]
            : [],
        ),
    );

export const stylesheetSize = (files: readonly SourceFile[]): Breach[] =>
  files
    .filter(({ path }) => path.endsWith('.css'))
    .flatMap(({ path: file, text }) => {
      const lines = text.split('\n').length - 1;
      return lines > limits.sheetLines ? [{ rule: 'stylesheet-size', file, what: `${lines} lines` }] : [];
    });
