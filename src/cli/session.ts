import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline/promises';
import { findRunning } from '../run/data-folder.ts';
import { createClient, type Client } from './client.ts';
import { CliFault, exits } from './fault.ts';

export type Io = {
  env: NodeJS.ProcessEnv;
  cwd: string;
  stdout: NodeJS.WritableStream;
  stderr: NodeJS.WritableStream & { isTTY?: boolean };
  stdin: NodeJS.ReadableStream & { isTTY?: boolean };
};

/** What every command is given. */
export type Session = Io & {
  client(): Client;
  /** A person sits at both ends: progress and questions make sense. */
  interactive: boolean;
  /** Asks on the terminal; false when nobody is there to answer. */
  confirm(question: string): Promise<boolean>;
  /** A remark for people, beside the answer. */
  say(line: string): void;
};

export function openSession(io: Io): Session {
  const interactive = io.stderr.isTTY === true && io.stdin.isTTY === true;
  return {
    ...io,
    interactive,
    client: () => createClient({ url: urlOf(io), key: keyOf(io) }),
    async confirm(question) {
      if (!interactive) return false;
      const asker = createInterface({ input: io.stdin, output: io.stderr });
      try {
        return /^y(?:es)?$/i.test((await asker.question(`${question} [y/N] `)).trim());
      } finally {
        asker.close();
      }
    },
    say: (line) => void io.stderr.write(`${line}\n`),
  };
}

const dataFolder = ({ env, cwd }: Io): string => path.resolve(cwd, given(env['WAIHU_DATA']) ?? '.waihu');
// An empty variable is how compose files and CI spell "not set".
const given = (value: string | undefined): string | undefined => (value === '' ? undefined : value);

function urlOf(io: Io): string {
  const { env } = io;
  const port = given(env['WAIHU_PORT']);
  return (
    given(env['WAIHU_URL']) ??
    (port === undefined ? findRunning(dataFolder(io))?.url : undefined) ??
    `http://127.0.0.1:${port ?? 8080}`
  );
}

function keyOf(io: Io): string {
  const key = given(io.env['WAIHU_API_KEY']);
  if (key !== undefined) return key;
  const file = path.join(dataFolder(io), 'admin-key');
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new CliFault(
      exits.denied,
      'key.none',
      `There is no API key: WAIHU_API_KEY is not set and ${file} cannot be read.`,
      {
        cause,
        todo: 'Set WAIHU_API_KEY (an administrator makes keys with `waihu key create`), or set WAIHU_DATA to the data folder of `waihu up`.',
      },
    );
  }
}
