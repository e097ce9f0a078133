import { Command, CommanderError } from 'commander';
import { AppError } from '../../kernel/app-error.rule.ts';
import type { Run } from '../../kit/cli/command.ts';
import { addAudience } from '../../audience/audience.cli.ts';
import { addAudit } from '../../house/audit/audit.cli.ts';
import { addCalendar } from '../../house/calendar.cli.ts';
import { addCampaign } from '../../campaign/campaign.cli.ts';
import { addCallList } from '../../call/list/list.cli.ts';
import { addScript } from '../../call/script/script.cli.ts';
import { addContact } from '../../contact/explain.cli.ts';
import { addNumbers } from '../../contact/number.cli.ts';
import { addContactPolicy } from '../../contact/contact-policy.cli.ts';
import { addNotice } from '../../house/notice/notice.cli.ts';
import { addCredential } from '../../house/credential.cli.ts';
import { addCustomers } from '../../customer/customer.cli.ts';
import { CliFault, exits } from '../../kit/cli/fault.ts';
import { addGateway } from '../../sms/gateway.cli.ts';
import { addVoice } from '../../voice/voice-account.cli.ts';
import { addImport } from '../../customer/import/import.cli.ts';
import { addBackup } from './backup.ts';
import { addInstallation } from './installation.ts';
import { addJoin } from '../../house/join.cli.ts';
import { addKey } from '../../house/key.cli.ts';
import { addKeygen } from '../../house/keygen.cli.ts';
import { addMe } from '../../house/me.cli.ts';
import { addParts } from './parts.ts';
import { visible } from '../../kit/cli/output.ts';
import { openSession, type Io, type Session } from '../../house/session.cli.ts';
import { addPushes } from '../../sms/push.cli.ts';
import { addReplies } from '../../sms/reply.cli.ts';
import { addForm } from '../../form/form.cli.ts';
import { addSign } from '../../form/sign.cli.ts';
import { addStaff } from '../../house/staff.cli.ts';
import { addSuppression } from '../../contact/suppression.cli.ts';
import { addTemplate } from '../../sms/template/template.cli.ts';
import { addIdentity } from '../../call/desk/identity.cli.ts';
import { addTopic } from '../../customer/topic.cli.ts';
import { addVerify } from '../../form/archive/verify.cli.ts';

const gettingStarted = `
Getting started:
  $ waihu up                                   start everything here; Ctrl-C stops it
  $ waihu me                                   who am I? (the first administrator's key is in the data folder)
  $ waihu staff create --name 李雷 --email li@example.com --unit 零售部 --role applicant
  $ waihu key create <staff id> --name laptop  shows a secret once: export WAIHU_API_KEY=…
  $ waihu import customers.csv                 a dry run; nothing is stored before you accept it
  $ waihu demo                                 plays a signed campaign on the sandbox

Environment:
  WAIHU_URL      where the API is (default: the instance running on the data folder, else http://127.0.0.1:8080)
  WAIHU_API_KEY  your key (default: the file admin-key in the data folder)
  WAIHU_DATA     the data folder (default: .waihu)
  WAIHU_EMAIL, WAIHU_PASSWORD   for what you do signed in as yourself: asking for a signing key, approving one

Exit codes: 0 done · 1 refused, or what was checked does not hold · 2 wrong usage · 3 Waihu is not reachable · 4 not allowed · 5 holds in itself, sealed by an unknown key`;

/** The `waihu` command, for bin/waihu.mjs. */
export async function main(argv: readonly string[]): Promise<void> {
  const { env, stdout, stderr, stdin } = process;
  for (const stream of [stdout, stderr]) stream.on('error', endSilently);
  process.exitCode = await runCli(argv.slice(2), { env, cwd: process.cwd(), stdout, stderr, stdin });
}

/** What a shell reports of a tool whose reader went away (128 + SIGPIPE). */
const readerGone = 141;

/** `waihu … | head`: whoever read has seen enough. What runs here (`waihu up`) goes down as it would for Ctrl-C. */
function endSilently(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exitCode = readerGone;
  if (process.listenerCount('SIGTERM') > 0) process.kill(process.pid, 'SIGTERM');
  else process.exit(readerGone);
}

/** Runs one command line and gives its exit code. */
export async function runCli(args: readonly string[], io: Io): Promise<number> {
  const session = openSession(io);
  const run: Run = { session, answer: null };
  try {
    await createProgram(session, run).parseAsync([...args], { from: 'user' });
    if (!run.answer) return exits.ok;
    const { output, json } = run.answer;
    io.stdout.write(`${json ? JSON.stringify(output.data) : output.text}\n`);
    return output.exit ?? exits.ok;
  } catch (error) {
    return report(error, args.includes('--json'), io);
  }
}

/** Every command, not yet run. */
export function createProgram(session: Session, run: Run): Command {
  const program = new Command('waihu')
    .description('Outbound messages that leave only after two people have signed the exact text for the exact people.')
    .exitOverride()
    // `waihu import list --json`: the flag belongs to the last command named, not to `import`.
    .enablePositionalOptions()
    .configureOutput({
      writeOut: (text) => void session.stdout.write(text),
      writeErr: (text) => void session.stderr.write(text),
    })
    .showSuggestionAfterError()
    .showHelpAfterError('(add --help to see how it is used)')
    .addHelpText('after', gettingStarted);
  for (const add of [
    addParts,
    addInstallation,
    addBackup,
    addMe,
    addStaff,
    addJoin,
    addKey,
    addKeygen,
    addCredential,
    addImport,
    addCustomers,
    addAudience,
    addSuppression,
    addReplies,
    addPushes,
    addTopic,
    addIdentity,
    addTemplate,
    addGateway,
    addVoice,
    addCampaign,
    addScript,
    addCallList,
    addForm,
    addSign,
    addVerify,
    addAudit,
    addCalendar,
    addContactPolicy,
    addContact,
    addNumbers,
    addNotice,
  ]) {
    add(program, run);
  }
  return program;
}

function report(error: unknown, json: boolean, { stdout, stderr }: Io): number {
  // Commander has said it already; asking for help is no fault, giving no command is one.
  if (error instanceof CommanderError) {
    if (error.code === 'commander.helpDisplayed') return exits.ok;
    if (json)
      stdout.write(`${JSON.stringify({ error: { code: 'usage', message: error.message, places: [], todo: null } })}\n`);
    return exits.usage;
  }
  const fault = faultOf(error);
  if (fault === null) throw error;
  const { code, message, places, todo } = fault;
  if (json) stdout.write(`${JSON.stringify({ error: { code, message, places, todo: todo ?? null } })}\n`);
  const lines = [
    `${visible(code)}: ${message.split('\n').map(visible).join('\n ')}`,
    ...places.map((each) => `  ${visible(each.place)}: ${visible(each.message)}`),
    ...(todo === undefined ? [] : [`→ ${todo}`]),
  ];
  stderr.write(`${lines.join('\n')}\n`);
  return fault.exit;
}

const fileFaults: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  EACCES: 'may not be used',
  EPERM: 'may not be used',
  EISDIR: 'is a folder',
  EEXIST: 'exists already',
  ENOTDIR: 'lies below something that is no folder',
  ENAMETOOLONG: 'has too long a name',
  ELOOP: 'is a link that leads to itself',
};

/** Our own modules speak AppError; here it becomes an exit code. Anything else is a fault of ours and stays one. */
function faultOf(error: unknown): CliFault | null {
  if (error instanceof CliFault) return error;
  if (error instanceof AppError) {
    const exit = {
      invalid: exits.usage,
      denied: exits.denied,
      missing: exits.refused,
      conflict: exits.refused,
      unavailable: exits.unreachable,
    }[error.kind];
    return new CliFault(exit, error.code, error.message);
  }
  const { code, path } = error as NodeJS.ErrnoException;
  const what = fileFaults[code ?? ''];
  if (path !== undefined && code !== undefined && what !== undefined) {
    return new CliFault(exits.usage, `file.${code.toLowerCase()}`, `The file ${path} ${what}.`);
  }
  return null;
}
