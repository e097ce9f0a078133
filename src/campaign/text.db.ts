import { z } from 'zod';
import { execute, maybe, sql, type Db } from '../kernel/sql.db.ts';

const Asked = z.object({ askedAt: z.date().nullable(), answeredAt: z.date().nullable() });
export type TextAsked = z.infer<typeof Asked>;

/** When the gateway was last asked for its copy of the campaign's text, and when it last answered that it is the signed one. */
export const findTextAsked = (db: Db, campaignId: string): Promise<TextAsked | null> =>
  maybe(
    db,
    Asked,
    sql`select text_asked_at as "askedAt", text_answered_at as "answeredAt" from campaign where id = ${campaignId}`,
  );

/**
 * Takes it on to ask, unless somebody has since `before`; null when it is not due. Of many workers one asks. An answer from
 * before `tooOld` is asked for at once: after a resume nothing goes out on it.
 */
export const takeTextQuestion = (
  db: Db,
  campaignId: string,
  { before, tooOld, now }: { before: Date; tooOld: Date; now: Date },
): Promise<TextAsked | null> =>
  maybe(
    db,
    Asked,
    sql`update campaign set text_asked_at = ${now} where id = ${campaignId}
        and (text_asked_at is null or text_asked_at <= ${before} or text_answered_at is null or text_answered_at < ${tooOld})
      returning text_asked_at as "askedAt", text_answered_at as "answeredAt"`,
  );

export const noteTextAnswer = (db: Db, campaignId: string, now: Date) =>
  execute(db, sql`update campaign set text_asked_at = ${now}, text_answered_at = ${now} where id = ${campaignId}`);
