import {
  asChecks,
  durationCheck,
  faultCheck,
  passed,
  peopleChecks,
  rateFaultFor,
  stepOf,
  warning,
  type DraftCheck,
} from './check.rule.ts';
import { AppError } from '../../kernel/app-error.rule.ts';
import { isHouseAdministrator, rightsOf } from '../../kernel/permission.rule.ts';
import { signingGaps } from '../../form/signer-readiness.rule.ts';
import { placeOf, readDraft, readWhole, readWindow, type DraftStep, type ReadDraft } from './draft.rule.ts';
import { daysOfWindow, forecastOf, type Finish, type WindowDay } from '../forecast.rule.ts';
import { isManyLeftOut, leftOutOf, type LeftOut } from '../../contact/left-out.rule.ts';
import { validateWindow, type SendingHours } from '../../contact/sending-window.rule.ts';
import { findAudience, type Audience } from '../../audience/audience.db.ts';
import { findCalendar } from '../../kernel/calendar.db.ts';
import type { Draft } from './draft.db.ts';
import { findGatewayAccount, type GatewayAccount } from '../../sms/gateway-account.db.ts';
import { loadLeftOutPercent } from '../../contact/setting.db.ts';
import { signersFor } from '../../form/signer.db.ts';
import type { Db } from '../../kernel/sql.db.ts';
import { listStaff } from '../../house/staff.db.ts';
import { findTemplate, type Template } from '../../sms/template/template.db.ts';
import { demandComplete, purposeFaults, sourceFaults } from './campaign-draft.command.ts';
import { demandIn, type Context } from '../../house/context.ts';
import { showEstimate, type EstimateView } from './estimate.command.ts';
import { findTextFaults, type TextFinding } from '../../sms/template/template.command.ts';

export type DraftOverview = {
  checks: DraftCheck[];
  estimate: EstimateView;
  audience: Audience | null;
  template: Template | null;
  account: GatewayAccount | null;
  read: ReadDraft | null;
  forecast: { fastest: Finish; slowest: Finish } | null;
  days: WindowDay[];
  /** Set when so many are left out that whoever hands it in must say that it is meant. */
  manyLeftOut: LeftOut | null;
  /** Whether it can be handed in now. */
  ready: boolean;
};

/** Everything that a submission or the form's checks would refuse, each with its step, before anybody is asked to sign. */
export async function checkDraft(ctx: Context, draft: Draft): Promise<DraftOverview> {
  demandIn(ctx, 'campaign:write', draft.unit);
  const { body } = draft;
  const [audience, template, calendar, estimate] = await Promise.all([
    body.audienceId === null ? null : findAudience(ctx.pool, body.audienceId),
    body.templateId === null ? null : findTemplate(ctx.pool, body.templateId),
    findCalendar(ctx.pool),
    showEstimate(ctx, draft),
  ]);
  const account = template && (await findGatewayAccount(ctx.pool, template.gatewayAccountId));
  const { read, faults } = readDraft(draft);
  const now = ctx.now();
  const params = account ? { most: account.ratePerSecond } : {};
  const windowFaults = faults
    .filter(({ step }) => step === 'window')
    .map(({ code }) => ({ code: rateFaultFor(code, account), params }));
  const untouched = body.startsAt === '' && body.endsAt === '' && body.ratePerSecond === '';
  const when = read && calendar && { window: read.window, calendar, now };
  const refused = read ? await refusalsOf(ctx, read, now) : [];
  const size = estimate.state === 'done' ? (estimate.result?.size ?? null) : null;
  const faulty = windowFaults.length + refused.filter(({ step }) => step === 'window').length > 0;
  const forecast = when && size !== null && !faulty ? forecastOf(size, read.ratePerSecond, when) : null;

  const manyLeftOut = await manyLeftOutOf(ctx.pool, estimate);

  const checks: DraftCheck[] = [
    ...asChecks(
      'facts',
      'audience',
      faults.filter(({ field }) => field === 'name' || field === 'purpose'),
    ),
    ...asChecks('audience', 'audience', [
      ...faults.filter(({ field }) => field === 'audienceId'),
      ...(body.audienceId !== null && audience?.state !== 'open' ? [{ code: 'campaign.no-audience' }] : []),
    ]),
    ...textChecks(template, account, body),
    ...peopleChecks(estimate, read),
    ...(manyLeftOut && manyLeftOut.left < manyLeftOut.candidates
      ? [warning('people', 'audience', 'draft.many-left-out', manyLeftOut)]
      : []),
    ...(untouched
      ? [
          {
            ...passed('window', 'window'),
            state: 'later' as const,
            code: 'draft.window-later',
            params: { place: placeOf('window') },
          },
        ]
      : asChecks('window', 'window', [
          ...windowFaults,
          ...refused.filter(({ step }) => step === 'window').map(({ code }) => ({ code, params })),
        ])),
    ...(forecast ? [durationCheck(forecast)] : []),
    ...(await signerChecks(ctx, draft)),
  ];
  const others = refused.filter(({ step, code }) => step !== 'window' && !checks.some((check) => check.code === code));
  const all = [...checks, ...others.map((each) => faultCheck('facts', each.step, each.code, {}))];
  return {
    checks: all,
    estimate,
    audience,
    template,
    account,
    read,
    forecast,
    days: when && !faulty ? daysOfWindow(read.window, when.calendar, 62) : [],
    manyLeftOut,
    ready: read !== null && all.every(({ state }) => state === 'passed' || state === 'warning'),
  };
}

/** Who would be left out by the last count, when they are more than the house takes for usual; else null. */
export async function manyLeftOutOf(db: Db, { state, result }: EstimateView): Promise<LeftOut | null> {
  const counted = state === 'done' && result ? leftOutOf(result.candidates, result.size) : null;
  return counted && isManyLeftOut(counted, await loadLeftOutPercent(db)) ? counted : null;
}

/** The account that the draft's template is sent with; null without a template. */
export async function accountOf(ctx: Context, { body }: Draft): Promise<GatewayAccount | null> {
  const template = body.templateId === null ? null : await findTemplate(ctx.pool, body.templateId);
  return template && findGatewayAccount(ctx.pool, template.gatewayAccountId);
}

/** What is wrong with the window and the rate alone, whether or not the other steps are complete. */
export async function findWindowFaults(
  ctx: Context,
  draft: Draft,
): Promise<{ field: string; code: string; params: DraftCheck['params'] }[]> {
  const { body } = draft;
  const [template, calendar] = await Promise.all([
    body.templateId === null ? null : findTemplate(ctx.pool, body.templateId),
    findCalendar(ctx.pool),
  ]);
  const account = template && (await findGatewayAccount(ctx.pool, template.gatewayAccountId));
  const window = readWindow(body);
  const faults =
    window && calendar
      ? validateWindow({
          window,
          calendar,
          kind: template?.kind ?? 'notice',
          hours: account?.settings.hours ?? wholeDay,
          now: ctx.now(),
        }).map(({ code, field }) => ({ code, field, params: {} }))
      : [];
  const rate = readWhole(body.ratePerSecond);
  return rate !== null && account && rate > account.ratePerSecond
    ? [...faults, { field: 'ratePerSecond', code: 'draft.rate-above', params: { most: account.ratePerSecond } }]
    : faults;
}
// Without an account nobody knows its hours yet; the other rules hold all the same.
const wholeDay: SendingHours = { marketing: ['00:00', '24:00'], notice: ['00:00', '24:00'] };

function textChecks(
  template: Template | null,
  account: GatewayAccount | null,
  { variableSources: sources, contactPurpose }: Draft['body'],
): DraftCheck[] {
  if (!template) return [faultCheck('text', 'text', 'draft.no-template', {})];
  const found = findingsOf(template);
  const faults = found.filter(({ severity }) => severity === 'error');
  const warnings = found.filter(({ severity }) => severity === 'warning');
  const stopped = account?.state === 'stopped';
  return [
    ...asChecks('text', 'text', [...faults, ...purposeFaults(template, contactPurpose)]),
    ...warnings.map(({ code }) => warning('text', 'text', code)),
    ...asChecks(
      'variables',
      'text',
      sourceFaults(template, sources).map(({ code, field }) => ({
        code,
        params: { variable: labelOf(template, field.slice('variableSources.'.length)) },
      })),
    ),
    ...(stopped ? [warning('gateway', 'text', 'gateway.account-stopped')] : []),
  ];
}

// Building the word filter takes longer than the rest of the page; a version of a template never changes.
const known = new Map<string, TextFinding[]>();
const mostKnown = 200;

function findingsOf({ id, kind, source, variables, signName }: Template): TextFinding[] {
  const found = known.get(id) ?? findTextFaults({ kind, source, variables, signName });
  if (known.size >= mostKnown) known.clear();
  known.set(id, found);
  return found;
}

const labelOf = ({ variables }: Template, name: string): string =>
  variables.find((variable) => variable.name === name)?.label ?? name;

/** A form that nobody can sign waits and expires: said before it is made, with the names of those who can mend it. */
async function signerChecks(ctx: Context, draft: Draft): Promise<DraftCheck[]> {
  const gaps = signingGaps(await signersFor(ctx.pool, draft.unit, ctx.staff.id, ctx.now()));
  if (gaps.length === 0) return [passed('signers', 'checks')];
  const people = (await listStaff(ctx.pool))
    .filter(({ grants, disabledAt }) => disabledAt === null && isHouseAdministrator(grants))
    .map(({ name }) => name)
    .join('、');
  const href = rightsOf(ctx.staff.grants).has('staff:read') ? '/people' : null;
  return gaps.map((gap): DraftCheck => {
    const code = `draft.signers-${gap}`;
    return { name: 'signers', step: 'checks', state: 'warning', code, params: { people }, href };
  });
}

/** What the submission itself would say. */
async function refusalsOf(ctx: Context, read: ReadDraft, now: Date): Promise<{ code: string; step: DraftStep }[]> {
  const { window, signBy } = read;
  const endsAt = new Date(window.endsAt);
  try {
    await demandComplete(
      ctx.pool,
      {
        ...read,
        startsAt: new Date(window.startsAt),
        endsAt,
        dailyFrom: window.dailyFrom,
        dailyTo: window.dailyTo,
        days: window.days,
        signBy:
          signBy === undefined
            ? new Date(Math.min(endsAt.getTime(), now.getTime() + 7 * 86_400_000))
            : new Date(signBy),
      },
      now,
    );
    return [];
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { field = '', faults = [{ field, code: error.code }] } = (error.details ?? {}) as {
      field?: string;
      faults?: { field: string; code: string }[];
    };
    return faults.map((fault) => ({ code: fault.code, step: stepOf(fault.field) }));
  }
}
