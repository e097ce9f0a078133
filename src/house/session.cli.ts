import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { findRunning } from '../app/run/data-folder.ts';
import { createClient, enter, type Client } from '../kit/cli/client.ts';
import { CliFault, exits } from '../kit/cli/fault.ts';

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
  /** Signs in as the person of that address, works in that session and ends it. */
  asPerson<T>(email: string, work: (client: Client) => Promise<T>): Promise<T>;
  /** Sets the password with a one-time link and leaves again. */
  join(link: string): Promise<void>;
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
    async asPerson(email, work) {
      const url = urlOf(io);
      const password = await secretOf(io, interactive, 'Password: ');
      const given = { email, password };
      const cookie = await enter(url, '/session', given).catch(async (error: unknown) => {
        if (!(error instanceof CliFault) || error.code !== 'auth.code-needed') throw error;
        return enter(url, '/session', { ...given, code: await codeOf(io, interactive) });
      });
      return within(url, cookie, work);
    },
    async join(link) {
      const token = /\/welcome\/([\w-]+)\s*$/.exec(link)?.[1];
      if (token === undefined)
        throw new CliFault(exits.usage, 'link.incomplete', 'This is not a whole sign-in link.', {
          todo: 'Copy all of it, from http to its end.',
        });
      const url = urlOf(io);
      const password = await secretOf(io, interactive, 'New password (12 characters or more): ');
      await within(url, await enter(url, '/session/welcome', { token, password }), async () => undefined);
    },
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

/** A session that the command leaves open would be one more way in. */
async function within<T>(url: string, cookie: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = createClient({ url, cookie });
  try {
    return await work(client);
  } finally {
    await client.post('/session/end').catch(() => undefined);
  }
}

/** Never on the command line, where every process of the machine could read it. */
async function secretOf(io: Io, interactive: boolean, question: string): Promise<string> {
  const known = given(io.env['WAIHU_PASSWORD']);
  if (known !== undefined) return known;
  if (!interactive)
    throw new CliFault(exits.denied, 'password.none', 'There is no password: nobody is here to type it.', {
      todo: 'Run it in a terminal, or set WAIHU_PASSWORD.',
    });
  return readHidden(io, question);
}

async function codeOf(io: Io, interactive: boolean): Promise<string> {
  if (interactive) return readHidden(io, 'Code of your authenticator app: ');
  throw new CliFault(exits.denied, 'auth.code-needed', 'This account asks for a code of an authenticator app.', {
    todo: 'Run it in a terminal.',
  });
}

/** Reads a line without showing it. */
async function readHidden({ stdin, stderr }: Io, question: string): Promise<string> {
  stderr.write(question);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const asker = createInterface({ input: stdin, output: silent, terminal: true });
  try {
    return await asker.question('');
  } finally {
    asker.close();
    stderr.write('\n');
  }
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
