import { AppError } from '../kernel/app-error.rule.ts';
import { awaitedRole } from './form-state.rule.ts';
import { eligibleSigners, mayNudge, type ReminderPolicy } from './sign-reminder.rule.ts';
import { findCalendar } from '../kernel/calendar.db.ts';
import { insertNotices } from '../house/notice/notice.db.ts';
import { awaitingForms } from './sign-off.db.ts';
import {
  lastNudge,
  loadReminderPolicy,
  possibleSigners,
  ReminderPolicySetting,
  storeReminderPolicy,
} from './sign-reminder.db.ts';
import { demandSubject } from './sign.command.ts';
import { subjectOf, type SubjectRef } from './subject.ts';
import { demand, mutate, type Context } from '../house/context.ts';

/** The applicant asks for the signature that is awaited: at most once in a working hour. Gives how many people were asked. */
export async function nudgeSigners(ctx: Context, about: SubjectRef): Promise<{ asked: number }> {
  const subject = subjectOf(about.kind);
  await demandSubject(ctx, ctx.pool, subject, about.id, 'campaign:submit');
  return mutate(ctx, 'campaign:submit', async (tx) => {
    const now = ctx.now();
    const stand = await subject.lock(tx, about.id);
    if (stand?.applicantId !== ctx.staff.id)
      throw new AppError('denied', subject.refusals.notYours().code, 'Only the applicant can ask for the signature.');
    const [form] = await awaitingForms(tx, { subject: about });
    const role = form ? awaitedRole(form.state) : null;
    if (!form || role === null || form.expiresAt <= now) throw subject.refusals.notAwaiting(stand.state);
    const calendar = await findCalendar(tx);
    const policy = await loadReminderPolicy(tx);
    const item = subject.noticeItem({ id: form.formId, subjectId: about.id });
    const last = await lastNudge(tx, item.id, role);
    if (calendar && !mayNudge(calendar, policy, last.at, now))
      throw new AppError(
        'conflict',
        'sign-reminder.too-soon',
        'You have asked for this signature within the last working hour; ask again later.',
      );
    const signers = eligibleSigners(await possibleSigners(tx, role, stand.unit, now), role, form, now);
    if (signers.length === 0)
      throw new AppError(
        'conflict',
        'sign-reminder.nobody',
        `Nobody can sign this form as ${role} now; ask an administrator to appoint or delegate somebody.`,
        { role },
      );
    const round = last.round + 1;
    await insertNotices(
      tx,
      [null, ...signers].map((staffId) => ({ staffId, kind: 'sign-nudge' as const, item, role, round })),
      now,
    );
    return {
      result: { asked: signers.length },
      audit: {
        action: subject.acts.nudge,
        objectKind: about.kind,
        objectId: about.id,
        details: { role, round, asked: signers.length },
      },
    };
  });
}

export async function showReminderPolicy(ctx: Context): Promise<ReminderPolicy> {
  demand(ctx, 'self:read');
  return loadReminderPolicy(ctx.pool);
}

/** When late signers are reminded from now on. */
export async function setReminderPolicy(ctx: Context, input: ReminderPolicy): Promise<void> {
  demand(ctx, 'setting:write');
  const read = ReminderPolicySetting.safeParse(input);
  if (!read.success)
    throw new AppError(
      'invalid',
      'sign-reminder.policy',
      'Give 0.5 to 80 working hours, and working hours that end after they begin.',
      { field: read.error.issues[0]?.path.join('.') ?? 'firstAfterHours' },
    );
  await mutate(ctx, 'setting:write', async (tx) => {
    await storeReminderPolicy(tx, read.data, ctx.now());
    return {
      result: undefined,
      audit: {
        action: 'sign-reminder.set',
        objectKind: 'setting',
        objectId: 'sign-reminder',
        details: { ...read.data },
      },
    };
  });
}
