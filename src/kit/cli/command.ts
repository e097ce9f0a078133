import { Command } from 'commander';
import type { Output } from './output.ts';
import type { Session } from '../../house/session.cli.ts';

/** Where a command leaves its answer for src/app/cli/main.ts to print. */
export type Run = { session: Session; answer: { output: Output; json: boolean } | null };

type Work<Args extends readonly unknown[], Options> = (
  session: Session,
  args: Args,
  options: Options,
) => Promise<Output | null> | Output | null;

/** A noun: a group of commands. */
export function noun(parent: Command, name: string, summary: string): Command {
  const command = inherit(parent, parent.command(name)).description(summary).helpCommand(false);
  return command.addHelpText('after', () => {
    // A noun that does something by itself shows its own examples.
    if (examplesOf(command).length > 0) return '';
    const shown = command.commands.flatMap(firstExample);
    return `${exampleText(shown)}\n\nEach has more: waihu ${command.name()} <command> --help`;
  });
}

/** The first that a command shows, or the first of the commands below it. */
const firstExample = (command: Command): string[] =>
  [...examplesOf(command), ...command.commands.flatMap(firstExample)].slice(0, 1);

const examples = new WeakMap<Command, readonly string[]>();
/** Command lines that show how a command is used, without `waihu`. */
export const examplesOf = (command: Command): readonly string[] => examples.get(command) ?? [];
const exampleText = (lines: readonly string[]): string =>
  lines.length === 0 ? '' : `\nExamples:\n${lines.map((line) => `  $ waihu ${line}`).join('\n')}`;

const needsServer =
  'Needs: a running Waihu (WAIHU_URL, default the instance of WAIHU_DATA) and a key whose person may do it (WAIHU_API_KEY).';
const exitCodes =
  'Exit codes: 0 done · 1 refused, or what was checked does not hold · 2 wrong usage · 3 not reachable · 4 not allowed · 5 holds in itself, sealed by an unknown key';

type Spec<Args extends readonly unknown[], Options> = {
  /** Name and arguments, as commander writes them: `show <campaign>`. */
  name: string;
  summary: string;
  examples: readonly string[];
  options?: readonly (readonly [flags: string, description: string, initial?: string])[];
  required?: readonly (readonly [flags: string, description: string])[];
  /** What must be there, when it is not a running Waihu and a key. */
  needs?: string;
  /** Flags that may be repeated. */
  repeated?: readonly (readonly [flags: string, description: string])[];
  run: Work<Args, Options>;
};

/** A command with its examples, its --json and its way to answer. */
export function verb<Args extends readonly unknown[] = [], Options = Record<string, never>>(
  parent: Command,
  run: Run,
  spec: Spec<Args, Options>,
): Command {
  const command = inherit(parent, parent.command(spec.name)).description(spec.summary);
  return fill(command, run, spec);
}

/** As `verb`, on a command that is there already: a noun that does something by itself. */
export function fill<Args extends readonly unknown[], Options>(
  command: Command,
  run: Run,
  spec: Omit<Spec<Args, Options>, 'name' | 'summary'>,
): Command {
  for (const [flags, description] of spec.required ?? []) command.requiredOption(flags, description);
  for (const [flags, description, initial] of spec.options ?? []) command.option(flags, description, initial);
  for (const [flags, description] of spec.repeated ?? []) {
    command.option(
      flags,
      `${description} (may be repeated)`,
      (value: string, before: string[]) => [...before, value],
      [] as string[],
    );
  }
  command.option('--json', 'print exactly one JSON document on stdout');
  examples.set(command, spec.examples);
  const needs = spec.needs === undefined ? needsServer : `Needs: ${spec.needs}`;
  command.addHelpText('after', `${exampleText(spec.examples)}\n\n${needs}\n${exitCodes}`);
  return command.action(async (...given: unknown[]) => {
    // Commander hands over the arguments, then the options, then the command.
    const options = command.opts<Options & { json?: boolean }>();
    const output = await spec.run(run.session, given.slice(0, -2) as unknown as Args, options);
    if (output) run.answer = { output, json: options.json === true };
  });
}

/** Commander does not hand exit and output settings down to commands made before they were set. */
const inherit = (parent: Command, command: Command): Command => command.copyInheritedSettings(parent);
