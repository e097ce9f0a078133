import { read, type Breach, type SourceFile } from './source.ts';

/** A line that one reads without moving the page; a file that does one thing. */
const limits = { templateLine: 140, fileLines: 300 };

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

/** Blank lines and comments are lines too: they are scrolled past like any other. */
export const fileLength = (files: readonly SourceFile[]): Breach[] =>
  files
    .filter(({ path }) => !path.endsWith('.hbs'))
    .flatMap(({ path: file, text }) => {
      const lines = text.split('\n').length - 1;
      return lines > limits.fileLines ? [{ rule: 'file-length', file, what: `${lines} lines` }] : [];
    });

/** Whatever people write here and read again. */
export const measured = (): SourceFile[] =>
  read(
    '*.ts',
    '{activities,bench,sandbox,src,test,tools,workflows}/**/*.ts',
    '{bin,tools}/**/*.mjs',
    'web/**/*.{css,js}',
    'templates/**/*.hbs',
  );
