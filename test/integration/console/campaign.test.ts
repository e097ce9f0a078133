import { expect, test, describe } from 'vitest';
import { openConsole, faultsOfPage } from './kit.ts';
import { makeCampaign, times, formFor } from './campaign-kit.ts';

const house = await openConsole();
const { pool, people, get } = house;
const ago = (s: number) => new Date(Date.now() - s * 1000);

test('look', async () => {
  const c = await makeCampaign(pool, { applicantId: people.applicant.id, ledger: [
    ...times(20, { state: 'delivered', bizId: 'b', code: 'DELIVERED', claimedAt: ago(100), changedAt: ago(90), requestSeq: 1 }),
    ...times(3, { state: 'failed', reason: 'undelivered', code: 'MOBILE_NOT_ON_SERVICE', bizId: 'b', claimedAt: ago(100), changedAt: ago(50), requestSeq: 1 }),
    ...times(4, { state: 'suppressed', reason: 'capped', changedAt: ago(100) }),
    ...times(2, { state: 'unknown', code: 'client.timeout', claimedAt: ago(100), changedAt: ago(90), requestSeq: 1 }),
    ...times(11, { state: 'pending' }) ], excluded: [{ phone: '+8613700000001', reason: 'dnc' }] });
  const { writeFileSync } = await import('node:fs');
  for (const [n, p, as] of [['list', '/campaigns', people.applicant], ['live', `/campaigns/${c.number}`, people.operator], ['ledger', `/campaigns/${c.number}/ledger`, people.operator], ['explain', `/campaigns/${c.number}/people/24?now=1`, people.operator]] as const) {
    const a = await get(p, { as });
    writeFileSync(`/tmp/h3a/${n}.html`, a.html);
    console.log(n, a.status, faultsOfPage(a.html));
  if (a.status !== 200) console.log(house.log().split('\n').filter((l) => l.includes('error')).slice(-1));
  }
});
