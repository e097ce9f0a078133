import { randomBytes } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Demo } from '../demo.ts';
import { CliFault, exits } from '../../../kit/cli/fault.ts';

const people = [
  { who: 'applicant', role: 'applicant', name: '陈思远', unit: '营销运营部' },
  { who: 'liaison', role: 'liaison', name: '周敏', unit: '客户服务部' },
  { who: 'leader', role: 'leader', name: '沈国栋', unit: '分管领导' },
  { who: 'operator', role: 'operator', name: '何静', unit: '外呼组' },
  { who: 'auditor', role: 'auditor', name: '林一诺', unit: '监察稽核部' },
  { who: 'second administrator', role: 'administrator', name: '罗建华', unit: '信息科技部' },
] as const;
type Who = (typeof people)[number]['who'];
const signing: readonly Who[] = ['liaison', 'leader'];
const approver: Who = 'second administrator';

const Known = z.record(
  z.string(),
  z.object({ id: z.string(), email: z.string(), password: z.string(), key: z.string() }),
);
type Known = z.infer<typeof Known>;

export const signingKeyOf = (demo: Pick<Demo, 'peopleFolder'>, who: string): string =>
  path.join(demo.peopleFolder, `${who}.pem`);

/**
 * Five people and a second administrator, each let in by a link of their own. They stay from run to run: whoever approves a
 * signing key must not have let its owner in of late, and the house's first days are over some day.
 */
export async function setUpPeople(demo: Demo): Promise<void> {
  const { story } = demo;
  const file = path.join(demo.peopleFolder, 'people.json');
  const known = await recall(demo, file);
  if (known) {
    story.chapter('The people of the runs before');
    for (const { who, name } of people) takeUp(demo, known, who, name);
    return;
  }
  story.chapter('Six people, each let in by a link of their own; two ask for a signing key, signed in as themselves');
  const made: Known = {};
  for (const { who, role, name, unit } of people) {
    const email = `${role}-${demo.tag}@demo.invalid`;
    const password = randomBytes(18).toString('base64url');
    const invited = ['--name', name, '--email', email, '--unit', unit, '--role', role];
    const { staffId, link } = (await demo.as('administrator', 'staff', 'invite', ...invited)) as Record<string, string>;
    demo.signsInAs(who, email, password);
    await demo.as(who, 'join', link ?? '');
    const secret = who === approver ? '' : await issueKey(demo, staffId ?? '');
    demo.holds(who, secret);
    made[who] = { id: staffId ?? '', email, password, key: secret };
  }
  for (const who of signing) await giveSigningKey(demo, who);
  // A key that nobody approved, for what must be refused.
  await demo.as('applicant', 'keygen', '--out', await freeFile(demo, 'applicant'));
  await writeFile(`${file}.new`, JSON.stringify(made), { mode: 0o600 });
  await rename(`${file}.new`, file);
}

async function issueKey(demo: Demo, staffId: string): Promise<string> {
  const named = ['--name', `demo ${demo.tag}`];
  const { secret } = (await demo.as('administrator', 'key', 'create', staffId, ...named)) as { secret: string };
  return secret;
}

/** Where the person's signing key goes; one of a run that was broken off is no longer good for anything. */
async function freeFile(demo: Demo, who: Who): Promise<string> {
  const file = signingKeyOf(demo, who);
  await rm(file, { force: true });
  return file;
}

function takeUp(demo: Demo, known: Known, who: Who, name: string): void {
  const { email = '', password = '', key = '' } = known[who] ?? {};
  demo.signsInAs(who, email, password);
  demo.holds(who, key);
  demo.story.result(`${name} is the ${who}`);
}

/** Those of an earlier run, if this database still knows them. */
async function recall(demo: Demo, file: string): Promise<Known | null> {
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return null;
  const known = Known.parse(JSON.parse(text));
  if (people.some(({ who }) => known[who] === undefined)) return null;
  demo.holds('operator', known['operator']?.key ?? '');
  return demo.look('/me').then(
    () => known,
    () => null,
  );
}

async function giveSigningKey(demo: Demo, who: Who): Promise<void> {
  const { story } = demo;
  const file = await freeFile(demo, who);
  const { fingerprint } = (await demo.as(who, 'keygen', '--out', file)) as { fingerprint: string };
  const asked = ['--key', file, '--label', `demo ${demo.tag}`];
  const { id } = (await demo.as(who, 'credential', 'request', ...asked)) as { id: string };
  // Whoever let these people in approves nothing of theirs: the second administrator does, as far as the house is young.
  const answer = await demo.refusedAs(approver, 'credential', 'approve', id);
  if (answer.exit !== 0) await waitForApproval(demo, who, id, answer.stderr.trim());
  story.result(`${who} may sign with ${fingerprint.slice(0, 16)}…, approved by somebody else and on record`);
}

const approvalMinutes = 15;

/** In a house that is older, somebody who has nothing to do with the demonstration decides, in the console. */
async function waitForApproval(demo: Demo, who: Who, credentialId: string, said: string): Promise<void> {
  if (!said.includes('credential.gave-way-in'))
    throw new CliFault(
      exits.refused,
      'demo.nobody-approves',
      `Nobody can approve the signing keys of the demonstration: ${said}`,
      {
        todo: 'Play it in the first days of an installation (WAIHU_DATA=… npm start), or with a second administrator.',
      },
    );
  demo.story.say(
    `The house is past its first days, so an administrator who is named here approves it on the page of ${who}:`,
  );
  demo.story.say(said);
  for (const end = Date.now() + approvalMinutes * 60_000; Date.now() < end; await sleep(2_000)) {
    const { items } = await demo.look<{ items: { id: string; state: string }[] }>('/credentials', who);
    const state = items.find(({ id }) => id === credentialId)?.state;
    if (state === 'active') return;
    if (state === 'revoked') break;
  }
  throw new CliFault(exits.refused, 'demo.not-approved', `The signing key of the ${who} was not approved.`);
}
