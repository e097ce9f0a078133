import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Demo, DemoResult } from '../demo.ts';
import { refusalOf } from './story.ts';
import type { DemoCustomer } from './customers.ts';
import { signingKeyOf } from './people.ts';
import { setUpHouse } from './house.ts';
import { askWitness } from './witness.ts';

type Card = {
  campaign: { id: string; number: string; state: string; stateReason: unknown; estimateFen: number };
  form: { digest: string } | null;
  ledger: {
    size: number;
    counts: Record<string, number>;
    reasons: { state: string; reason: string; count: number }[];
    balanced: boolean;
  } | null;
};

export const source =
  '{{name}}您好，{{benefit}}元出行立减券已放入您的账户，请于{{until}}前在App内领取，逾期失效。拒收请回复R';
const render = ({ name, benefit, until }: DemoCustomer): string =>
  source.replace('{{name}}', name).replace('{{benefit}}', benefit).replace('{{until}}', until);

/** From an empty house to a verified archive. */
export async function playCampaign(
  demo: Demo,
  seed: number,
): Promise<Omit<DemoResult, 'seconds'> & { holds: boolean }> {
  const { story, folder } = demo;
  const house = await setUpHouse(demo, seed, source);

  story.chapter('The applicant makes the campaign and hands it in');
  story.say('From here on the people, the text, the window, the rate and the cost ceiling belong together.');
  const now = Date.now();
  const at = (ms: number): string => new Date(now + ms).toISOString();
  const { number } = (await demo.as(
    'applicant',
    'campaign',
    'create',
    '--name',
    '出行立减券',
    '--purpose',
    '出行权益到账告知',
    '--template',
    house.templateId,
    '--audience',
    house.audienceId,
    '--topic',
    `travel-${seed}`,
    '--var',
    'name=name',
    '--var',
    'benefit=attribute:面额',
    '--var',
    'until=attribute:截止日期',
    '--starts',
    at(-60_000),
    '--ends',
    at(6 * 3_600_000),
    '--daily',
    '00:00-24:00',
    '--rate',
    '5000',
    '--ceiling',
    String(Math.max(1_000, demo.customers.length * 0.2)),
  )) as { number: string };
  await demo.as('applicant', 'campaign', 'submit', number);
  const form = await waitForState(demo, number, ['awaiting-liaison', 'draft']);
  if (form.campaign.state === 'draft')
    throw new Error(`The campaign was sent back: ${JSON.stringify(form.campaign.stateReason)}`);
  story.result(
    `confirmation form ${number}: ${form.ledger?.size} people, estimate ¥${(form.campaign.estimateFen / 100).toFixed(2)}, digest ${form.form?.digest.slice(0, 16)}…`,
  );

  story.chapter('Two people sign exactly this, in order');
  const early = await demo.refusedAs(
    'leader',
    'sign',
    number,
    '--role',
    'leader',
    '--key',
    signingKeyOf(demo, 'leader'),
    '--yes',
  );
  story.result(`refused, as it must be: ${refusalOf(early)}`);
  const own = await demo.refusedAs(
    'applicant',
    'sign',
    number,
    '--role',
    'liaison',
    '--key',
    signingKeyOf(demo, 'applicant'),
    '--yes',
  );
  story.result(`refused, as it must be: ${refusalOf(own)}`);
  await demo.as('liaison', 'sign', number, '--role', 'liaison', '--key', signingKeyOf(demo, 'liaison'), '--yes');
  await demo.as('leader', 'sign', number, '--role', 'leader', '--key', signingKeyOf(demo, 'leader'), '--yes');
  story.result('both signatures verify over the digest of what stands in the database; sending begins');

  story.chapter('Sending, over the real Dysms protocol');
  const done = await waitForState(demo, number, ['archived', 'voided', 'cancelled', 'paused'], (card) =>
    story.progress(progressOf(card)),
  );
  if (done.campaign.state !== 'archived')
    throw new Error(`The campaign ended as ${done.campaign.state}: ${JSON.stringify(done.campaign.stateReason)}`);
  const { counts, size, balanced, reasons } = done.ledger ?? { counts: {}, size: 0, balanced: false, reasons: [] };
  story.result(
    `ledger: ${Object.entries(counts)
      .filter(([, n]) => n > 0)
      .map(([state, n]) => `${state} ${n}`)
      .join(' + ')} = ${size}${balanced ? '' : '  DOES NOT BALANCE'}`,
  );
  for (const { state, reason, count } of reasons) story.say(`  ${state}, ${reason}: ${count}`);

  story.chapter('Why was this person contacted, or not?');
  for (const expected of ['contact', 'no-consent', 'dnc'] as const) {
    const person = demo.customers.find((customer) => customer.expected === expected);
    if (!person) continue;
    const { why } = (await demo.as('operator', 'campaign', 'explain', number, person.phone)) as { why: string };
    story.result(why);
  }

  story.chapter('The archive proves it, offline');
  const archive = path.join(folder, `${number}.waihu.json`);
  await demo.as('auditor', 'campaign', 'archive', number, '--out', archive);
  const verified = await demo.refusedAs('auditor', 'verify', archive, '--keys', demo.url);
  story.result(verified.exit === 0 ? 'every check holds' : `DOES NOT HOLD: ${refusalOf(verified)}`);
  const bytes = await readFile(archive);
  const middle = Math.floor(bytes.length / 2);
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  const forged = path.join(folder, 'one-bit-changed.json');
  await writeFile(forged, bytes);
  const caught = await demo.refusedAs('auditor', 'verify', forged);
  story.result(caught.exit === 1 ? 'one bit changed: refused' : 'ONE BIT CHANGED AND NOT NOTICED');

  story.chapter('The sandbox’s own count, as an independent witness');
  const sent =
    (counts['accepted'] ?? 0) +
    (counts['delivered'] ?? 0) +
    (reasons.find(({ reason }) => reason === 'undelivered')?.count ?? 0) +
    afterSending(reasons);
  const notSent = size - sent;
  const witness = await askWitness(demo.sandboxUrl, house.templateCode, demo.customers, render, {
    size,
    sent,
    notSent,
  });
  story.result(
    `accepted ${witness.accepted}, twice ${witness.twice}, unsigned ${witness.unsigned}, to people who said no ${witness.suppressed}, lost ${witness.lost}`,
  );
  const holds =
    balanced &&
    verified.exit === 0 &&
    caught.exit === 1 &&
    early.exit !== 0 &&
    own.exit !== 0 &&
    witness.twice + witness.unsigned + witness.suppressed + witness.lost === 0;
  story.say(holds ? 'Everything holds.' : 'SOMETHING DOES NOT HOLD.');
  return { campaign: number, audience: size, states: counts, balanced, witness, archive, holds };
}

/** Failures that a carrier reported after it had taken the message; a refusal at the submit never left. */
const afterSending = (reasons: { state: string; reason: string; count: number }[]): number =>
  reasons
    .filter(({ state, reason }) => state === 'failed' && ['number-dead', 'content-refused'].includes(reason))
    .reduce((sum, { count }) => sum + count, 0);

const progressOf = ({ campaign, ledger }: Card): string => {
  const counts = ledger?.counts ?? {};
  const size = ledger?.size ?? 0;
  const waiting = (counts['pending'] ?? 0) + (counts['claimed'] ?? 0);
  const share = size === 0 ? 0 : (size - waiting) / size;
  const bar = '█'.repeat(Math.round(share * 24)).padEnd(24, '░');
  return `${bar} ${String(Math.floor(share * 100)).padStart(3)} %  ${campaign.state === 'sending' && waiting === 0 ? 'waiting for receipts' : campaign.state}: ${['pending', 'accepted', 'delivered', 'failed', 'unknown', 'suppressed'].map((state) => `${state} ${counts[state] ?? 0}`).join(' · ')}`;
};

/** Looks twice a second, for an hour at most. */
async function waitForState(
  demo: Demo,
  number: string,
  states: readonly string[],
  onChange?: (card: Card) => void,
): Promise<Card> {
  let last = '';
  for (let looks = 0; looks < 7_200; looks += 1) {
    const card = await demo.look<Card>(`/campaigns/${number}`);
    const seen = JSON.stringify([card.campaign.state, card.ledger?.counts]);
    if (seen !== last) onChange?.(card);
    last = seen;
    if (states.includes(card.campaign.state)) return card;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error(`The campaign did not come to ${states.join(' or ')} within an hour.`);
}
