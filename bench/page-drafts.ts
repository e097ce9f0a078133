import { randomUUIDv7 } from 'node:crypto';
import { chinaTimeOf, emptyBody } from '../src/campaign/draft/draft.rule.ts';
import { canonicalJson, sha256Hex } from '../src/kernel/digest.rule.ts';
import { sources, units, type Seed } from './page-campaigns.ts';

const hour = 3_600_000;

/** 120 drafts whose people have been counted, as after an edit and a cup of tea. */
export async function seedDrafts(
  { pool, staff, people, now }: Seed,
  on: { template: string; audience: string }[],
): Promise<void> {
  for (let n = 0; n < 120; n += 1) {
    const id = randomUUIDv7();
    const { template, audience } = on[n % on.length] ?? { template: '', audience: '' };
    const known = { audienceId: audience, templateId: template, variableSources: sources, topic: null };
    const body = {
      ...emptyBody,
      ...known,
      purpose: '权益到期提醒',
      startsAt: chinaTimeOf(new Date(now + 200 * hour)),
      endsAt: chinaTimeOf(new Date(now + 300 * hour)),
      ratePerSecond: '500',
      costCeiling: '50000',
    };
    const owner = n % 3 === 0 ? staff.reader : (staff.others[n % staff.others.length] ?? staff.reader);
    const at = new Date(now - n * hour);
    await pool.query(
      `insert into campaign_draft (id, owner_id, unit, name, step, body, saved_by, saved_tab, created_at, updated_at) values ($1, $2, $3, $4, 'review', $5, $2, 'bench', $6, $6)`,
      [id, owner, units[n % units.length], `草稿 ${n + 1}`, JSON.stringify(body), at],
    );
    const result = {
      kind: 'notice',
      candidates: people,
      size: Math.floor(people * 0.9),
      excluded: { dnc: Math.floor(people * 0.1) },
      bySegments: { '1': Math.floor(people * 0.9) },
      segments: 1,
      costFen: Math.floor(people * 4.05),
      pricePerSegmentMilliYuan: 45,
      sample: [],
      examples: [{ which: 'shortest', after: null }],
      gateway: null,
    };
    await pool.query(
      `insert into draft_estimate (draft_id, wanted, wanted_at, seen, total, counted, result, counted_at) values ($1, $2, $3, $4, $4, $2, $5, $3)`,
      [id, sha256Hex(canonicalJson(known)).slice(0, 32), at, people, JSON.stringify(result)],
    );
  }
}
