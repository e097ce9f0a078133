import { expect, test } from 'vitest';
import { formFor, makeCampaign } from './page-kit.ts';
import { faultsOfPage, openConsole } from '../kit/page/kit.ts';

const house = await openConsole();
const { pool, people, get } = house;
const { applicant, liaison } = people;

test('a form that is being made says so, on a page that looks again until it is there, and no longer than some minutes', async () => {
  const campaign = await makeCampaign(pool, { state: 'freezing', applicantId: applicant.id });
  const address = `/sign-off/${campaign.number}`;
  for (const [language, words] of [
    ['zh-CN', '正在生成确认书…'],
    ['en', 'The form is being made'],
  ] as const) {
    const page = await get(address, { as: liaison, language });
    expect({ status: page.status, faults: faultsOfPage(page.html) }).toEqual({ status: 200, faults: [] });
    expect(page.html).toContain(words);
    expect(page.html).toContain(`hx-get="${address}/making?looks&#x3D;1"`);
    // Without scripts there is a link.
    expect(page.html).toMatch(new RegExp(`<noscript>.*href="${address}"`, 's'));
  }
  const next = await get(`${address}/making?looks=3`, { as: liaison });
  expect(next.html).toContain(`hx-get="${address}/making?looks&#x3D;4"`);
  const last = await get(`${address}/making?looks=150`, { as: liaison });
  expect(last.html).toContain('仍在生成');
  expect(last.html).not.toContain('hx-get');

  await formFor(pool, campaign, applicant.id);
  await pool.query(`update campaign set state = 'awaiting-liaison' where id = $1`, [campaign.id]);
  const made = await get(`${address}/making?looks=5`, { as: liaison });
  expect([made.html, made.headers['hx-redirect']]).toEqual(['', address]);
});

test.each(['draft', 'withdrawn'] as const)(
  'a form that nobody makes any more leads to the campaign (%s), which says why',
  async (state) => {
    const { number } = await makeCampaign(pool, { state, applicantId: applicant.id });
    const { status, location } = await get(`/sign-off/${number}`, { as: liaison });
    expect([status, location]).toEqual([302, `/campaigns/${number}`]);
    expect((await get(`/campaigns/${number}`, { as: liaison })).status).toBe(200);
  },
);
