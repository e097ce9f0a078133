import { Command } from 'commander';
import type { Output } from './output.ts';
import type { Session } from './session.ts';

/** Where a command leaves its answer for src/cli/main.ts to print. */
export type Run = { session: Session; answer: { output: Output; json: boolean } | null };

type Work<Args extends readonly unknown[], Options> = (
  session: Session,
  args: Args,
  options: Options,
) => Promise<Output | null> | Output | null;

/** A noun: a group of commands. */
export function noun(parent: Command, name: string, summary: string): Command {
  return inherit(parent, parent.command(name)).description(summary).helpCommand(false);
}

type Spec<Args extends readonly unknown[], Options> = {
  /** Name and arguments, as commander writes them: `show <campaign>`. */
  name: string;
  summary: string;
  examples: readonly string[];
  options?: readonly (readonly [flags: string, description: string, initial?: string])[];
  required?: readonly (readonly [flags: string, description: string])[];
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
  command.addHelpText('after', `\nExamples:\n${spec.examples.map((example) => `  $ waihu ${example}`).join('\n')}`);
  return command.action(async (...given: unknown[]) => {
    // Commander hands over the arguments, then the options, then the command.
    const options = command.opts<Options & { json?: boolean }>();
    const output = await spec.run(run.session, given.slice(0, -2) as unknown as Args, options);
    if (output) run.answer = { output, json: options.json === true };
  });
}

/** Commander does not hand exit and output settings down to commands made before they were set. */
const inherit = (parent: Command, command: Command): Command => command.copyInheritedSettings(parent);
