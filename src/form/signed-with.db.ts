import { z } from 'zod';
import { many, sql, type Db } from '../kernel/sql.db.ts';

const Row = z.object({
  id: z.uuid(),
  number: z.string(),
  name: z.string(),
  unit: z.string(),
  state: z.enum(['awaiting-leader', 'scheduled', 'sending', 'paused']),
  signedAt: z.date(),
});
/** A campaign that can still send, or still be signed, with a signature of that key. */
export type SignedCampaign = z.infer<typeof Row>;

export const campaignsSignedWith = (db: Db, credentialId: string): Promise<SignedCampaign[]> =>
  many(
    db,
    Row,
    sql`select c.id, c.number, c.name, c.unit, c.state, s.signed_at as "signedAt"
      from signature s join form f on f.id = s.form_id join campaign c on c.id = f.campaign_id
      where s.credential_id = ${credentialId} and c.state in ('awaiting-leader', 'scheduled', 'sending', 'paused')
      order by s.signed_at, c.number limit 500`,
  );
