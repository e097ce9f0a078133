import type { Command } from 'commander';
import { expect, test } from 'vitest';
import { examplesOf } from '../../../../src/kit/cli/command.ts';
import { createProgram } from '../../../../src/app/cli/main.ts';
import { openSession } from '../../../../src/house/session.cli.ts';
import { cli } from './kit.ts';

const { stdout, stderr, stdin } = process;
/** Every command with the words that call it; what it does is left out. */
function everyCommand(): { program: Command; commands: { words: string[]; command: Command }[] } {
  const session = openSession({ env: {}, cwd: '/', stdout, stderr, stdin });
  const program = createProgram(session, { session, answer: null });
  const walk = (command: Command, words: string[]): { words: string[]; command: Command }[] =>
    command.commands.flatMap((each) => {
      const here = [...words, each.name()];
      if (examplesOf(each).length > 0) each.action(() => undefined);
      return [{ words: here, command: each }, ...walk(each, here)];
    });
  return { program, commands: walk(program, []) };
}
/** As a shell would part it: quotes, and neither remarks, redirections nor what comes after a pipe. */
const argumentsOf = (line: string): string[] =>
  [
    ...line
      .replaceAll('\\\n', ' ')
      .replace(/\s+[#>|].*$/, '')
      .matchAll(/"([^"]*)"|(\S+)/g),
  ].map(([, quoted, bare]) => quoted ?? bare ?? '');

const names = everyCommand().commands.map(({ words }) => words.join(' '));

test('there are commands to look at', () => expect(names.length).toBeGreaterThan(60));

test.each(names)('waihu %s --help says what it is for, shows an example and ends in 0', async (name) => {
  const { exit, stdout: help, stderr: complaint } = await cli([...name.split(' '), '--help']);
  expect({ exit, complaint }).toEqual({ exit: 0, complaint: '' });
  const { command } = everyCommand().commands.find(({ words }) => words.join(' ') === name)!;
  expect(command.description().length).toBeGreaterThan(5);
  expect(help).toContain(`$ waihu ${name.split(' ')[0]}`);
  if (examplesOf(command).length === 0) return;
  expect(help).toMatch(/Needs: \S/);
  expect(help).toContain('Exit codes: 0 done');
  expect(help).toContain('--json');
});

test.each(names)('every example of waihu %s is one that it takes', async (name) => {
  const { command } = everyCommand().commands.find(({ words }) => words.join(' ') === name)!;
  for (const example of examplesOf(command)) {
    expect(`${example} `).toContain(`${name.split(' ')[0]} `);
    await everyCommand().program.parseAsync(argumentsOf(example), { from: 'user' });
  }
});
