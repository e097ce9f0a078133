import { randomUUIDv7 } from 'node:crypto';
import { deputyRoles } from './notice.rule.ts';
import { planFor } from './plan.rule.ts';
import { covers } from '../../kernel/permission.rule.ts';
import { peopleWith, standOf } from './announce.db.ts';
import { insertNotices } from './notice.db.ts';
import { choicesOf, listChannels } from './channel.db.ts';
import { closeEscalations, insertDeliveries, markPlanned, takeEscalations, takeUnplanned } from './delivery.db.ts';
import { transaction, type Pool } from '../../kernel/sql.db.ts';

/** Turns notices into deliveries. Repeatable, and safe with several processes: a notice is planned once. Gives how many were. */
export const planNotices = (pool: Pool, now: Date): Promise<number> =>
  transaction(pool, async (tx) => {
    const notices = await takeUnplanned(tx, 200);
    if (notices.length === 0) return 0;
    const channels = await listChannels(tx);
    const people = [...new Set(notices.flatMap(({ staffId }) => (staffId === null ? [] : [staffId])))];
    const choices = await choicesOf(tx, people);
    const plans = notices.map((notice) => {
      const own = choices.filter(({ staffId }) => staffId === notice.staffId);
      return { notice, ...planFor({ ...notice, asDeputy: notice.details['deputy'] === 1 }, channels, own) };
    });
    await insertDeliveries(
      tx,
      plans.flatMap(({ notice, deliveries }) =>
        deliveries.map((each) => ({ ...each, id: randomUUIDv7(), noticeId: notice.id, staffId: notice.staffId })),
      ),
      now,
    );
    await markPlanned(
      tx,
      plans.map(({ notice, escalateAt }) => ({ id: notice.id, escalateAt })),
      now,
    );
    return notices.length;
  });

/** Half an hour after an urgent notice that nobody has read and that is still true: its deputies are told, too. */
export const askDeputies = (pool: Pool, now: Date): Promise<void> =>
  transaction(pool, async (tx) => {
    const events = await takeEscalations(tx, now);
    for (const { kind, itemKind, itemId, step, details } of events.filter(({ open }) => open)) {
      const item = { kind: itemKind, id: itemId };
      const { unit } = await standOf(tx, item);
      const roles = deputyRoles(kind);
      const deputies = (await peopleWith(tx, roles)).filter(({ grants }) =>
        grants.some((grant) => roles.includes(grant.role) && (unit === null || covers(grant.unit, unit))),
      );
      await insertNotices(
        tx,
        deputies.map(({ id }) => ({ staffId: id, kind, item, step, details: { ...details, deputy: 1 } })),
        now,
      );
    }
    await closeEscalations(
      tx,
      events.map(({ id }) => id),
    );
  });
