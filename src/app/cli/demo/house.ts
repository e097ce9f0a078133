import path from 'node:path';
import type { Demo } from '../demo.ts';
import { setUpPeople } from './people.ts';

export type DemoHouse = { templateId: string; templateCode: string; audienceId: string };

/** People with keys, customers with consents, a text that the gateway has reviewed. */
export async function setUpHouse(demo: Demo, seed: number, source: string): Promise<DemoHouse> {
  const { story, folder, tag } = demo;
  await setUpPeople(demo);

  story.chapter('The gateway’s reviewers know the text and the signature name');
  const templateCode = `SMS_${seed}_${tag.replaceAll(/\D/g, '')}${Date.now() % 1_000_000}`;
  const content = source.replaceAll(/\{\{(\w+)\}\}/g, '$${$1}');
  await tellSandbox(demo, `templates/${templateCode}`, { name: '出行立减券', content, type: 'promotion', state: 1 });
  await tellSandbox(demo, `signatures/${encodeURIComponent('云汀金融')}`, { state: 1 });
  story.say('With Alibaba Cloud this is an application in their console; in the sandbox it is one request.');

  story.chapter(`${demo.customers.length} customers from a file, dry run first`);
  await demo
    .as('administrator', 'topic', 'create', `travel-${seed}`, '--name', '出行权益')
    .catch(() => story.say('The topic is there already.'));
  const file = path.join(folder, 'customers.csv');
  const { import: dry } = (await demo.as('applicant', 'import', file)) as {
    import: { id: string; totalRows: number; goodRows: number; badRows: number };
  };
  story.result(`${dry.totalRows} rows: ${dry.goodRows} good, ${dry.badRows} with a fault; nothing is stored yet`);
  await demo.as('applicant', 'import', 'accept', dry.id);
  const silent = demo.customers.filter(({ expected }) => expected === 'dnc');
  for (const { phone } of silent.slice(0, 3))
    await demo.as('operator', 'suppression', 'add', phone, '--kind', 'dnc', '--reason', '客户来电要求不再联系');

  story.chapter('A text, checked against every rule, and an audience');
  const template = (await demo.as(
    'applicant',
    'template',
    'create',
    '--name',
    '出行立减券',
    '--kind',
    'marketing',
    '--sign',
    '云汀金融',
    '--text',
    source,
    '--gateway',
    'sandbox',
    '--code',
    templateCode,
    '--var',
    'name:name:10:欧阳小明:称呼',
    '--var',
    'benefit:number:5:100:面额',
    '--var',
    'until:text:10:12月31日:截止日期',
  )) as { id: string };
  const audience = (await demo.as(
    'applicant',
    'audience',
    'create',
    '--name',
    `出行权益订阅者 ${tag}`,
    '--topic',
    `travel-${seed}`,
  )) as { id: string };
  const count = (await demo.as(
    'applicant',
    'audience',
    'count',
    audience.id,
    '--kind',
    'marketing',
    '--topic',
    `travel-${seed}`,
  )) as { total: number; eligible: number; excluded: unknown };
  story.result(
    `${count.total} candidates, ${count.eligible} may be written to; left out: ${JSON.stringify(count.excluded)}`,
  );
  return { templateId: template.id, templateCode, audienceId: audience.id };
}

async function tellSandbox(demo: Demo, place: string, body: unknown): Promise<void> {
  const answer = await fetch(`${demo.sandboxUrl}/sandbox/${place}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`The sandbox answered ${answer.status} to ${place.split('/')[0]}.`);
}
