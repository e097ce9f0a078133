import { expect, test } from 'vitest';
import type { Form } from '../../../src/form/form.rule.ts';
import { openHouse } from '../../kit/campaign.ts';

const house = await openHouse();

test('the form says how many texts were looked at one by one, and whom a broken rule or a banned word left out', async () => {
  await house.put('templates/SMS_2', {
    name: 'each',
    content: '${name}您好，加微${date}，回电1380013${date}。',
    type: 1,
    state: 1,
  });
  const template = await house.addTemplate({
    gatewayCode: 'SMS_2',
    source: '{{name}}您好，加微{{date}}，回电1380013{{date}}。',
  });
  const audience = await house.addAudience(5);
  await house.pool.query(
    `update audience_member set variables = variables || jsonb_build_object('date', case seq when 1 then '8000' when 2 then '信' else '账单' end)
     where audience_id = $1`,
    [audience],
  );
  const id = await house.submitted(audience, { templateId: template.id });
  const { rows } = await house.pool.query<{ canonical: string }>('select canonical from form where campaign_id = $1', [
    id,
  ]);
  const form = JSON.parse(rows[0]?.canonical ?? '{}') as Extract<Form, { format: 'sms-campaign/2' }>;
  expect(form.audience.size).toBe(3);
  expect(form.leftOut).toEqual({
    candidates: 5,
    people: 2,
    reasons: { 'text.mobile-number': 1, 'variable.forbidden-word': 1 },
  });
  expect(
    form.checks.filter(({ code }) => code.startsWith('text.rules-each') || code === 'text.forbidden-words'),
  ).toEqual([
    { code: 'text.rules-each', passed: true, detail: { checked: 5, left: 1 } },
    { code: 'text.forbidden-words', passed: true, detail: { checked: 5, left: 1 } },
  ]);
});
