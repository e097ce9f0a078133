import type { DraftStep, ReadDraft } from './draft.rule.ts';
import type { Finish } from '../forecast.rule.ts';

/**
 * One thing that decides whether the draft can be handed in. `later`: it belongs to a step that was not reached; `waiting`:
 * the count is not there yet. `code` is the sentence's key, `name` the check's.
 */
export type DraftCheck = {
  /** When it was found out, where that is not now: the gateway is asked, not looked up. */
  askedAt?: Date;
  name: 'facts' | 'audience' | 'text' | 'variables' | 'gateway' | 'people' | 'window' | 'cost' | 'duration' | 'signers';
  state: 'passed' | 'fault' | 'warning' | 'waiting' | 'later';
  step: DraftStep;
  code: string | null;
  params: Record<string, string | number>;
  /** Where it is mended, when that is no step of the draft; null: not by the reader. */
  href?: string | null;
};

/** What is known of a draft's people. `fault` says why they could not be counted. */
type Counted = {
  state: 'none' | 'failed' | 'stale' | 'done' | 'running';
  result: { size: number; costFen: number; gateway: string | null; gatewayAskedAt?: string | undefined } | null;
  fault: string | null;
};

type Named = { code: string; params?: Record<string, string | number> };

export const passed = (name: DraftCheck['name'], step: DraftStep): DraftCheck => ({
  name,
  step,
  state: 'passed',
  code: null,
  params: {},
});
export const faultCheck = (
  name: DraftCheck['name'],
  step: DraftStep,
  code: string,
  params: DraftCheck['params'],
): DraftCheck => ({ name, step, state: 'fault', code, params });
export const warning = (
  name: DraftCheck['name'],
  step: DraftStep,
  code: string,
  params: DraftCheck['params'] = {},
): DraftCheck => ({ name, step, state: 'warning', code, params });
export const asChecks = (name: DraftCheck['name'], step: DraftStep, faults: readonly Named[]): DraftCheck[] =>
  faults.length === 0
    ? [passed(name, step)]
    : faults.map(({ code, params = {} }) => faultCheck(name, step, code, params));

/** Of the count of people: that it is there, that somebody is in it, that the gateway holds the text alike, that it costs no more than it may. */
export function peopleChecks(
  { state, result, fault }: Counted,
  read: Pick<ReadDraft, 'costCeilingFen'> | null,
): DraftCheck[] {
  if (state === 'none') return [];
  if (state === 'failed') return [faultCheck('people', 'audience', fault ?? 'process.unreachable', {})];
  if (state === 'stale') return [{ ...passed('people', 'checks'), state: 'waiting', code: 'draft.stale' }];
  if (state !== 'done' || !result)
    return [{ ...passed('people', 'audience'), state: 'waiting', code: 'draft.counting' }];
  const over = read !== null && result.costFen > read.costCeilingFen;
  return [
    result.size === 0 ? faultCheck('people', 'audience', 'audience.empty', {}) : passed('people', 'audience'),
    gatewayCheck(result),
    ...(read === null
      ? []
      : asChecks(
          'cost',
          'window',
          over
            ? [
                {
                  code: 'campaign.over-ceiling',
                  params: { estimateFen: result.costFen, ceilingFen: read.costCeilingFen },
                },
              ]
            : [],
        )),
  ];
}

function gatewayCheck({ gateway, gatewayAskedAt }: NonNullable<Counted['result']>): DraftCheck {
  const check = gateway === null ? passed('gateway', 'text') : faultCheck('gateway', 'text', gateway, {});
  return gatewayAskedAt === undefined ? check : { ...check, askedAt: new Date(gatewayAskedAt) };
}

export function durationCheck({ fastest, slowest }: { fastest: Finish; slowest: Finish }): DraftCheck {
  if (fastest.kind === 'too-short')
    return warning('duration', 'window', 'draft.window-too-short', { left: fastest.left });
  return slowest.kind === 'too-short'
    ? warning('duration', 'window', 'draft.window-tight')
    : passed('duration', 'window');
}

/** Of a rate that cannot be: with an account its limit is named, without one nobody knows a limit yet. */
export const rateFaultFor = (code: string, account: { ratePerSecond: number } | null): string =>
  code === 'draft.unreadable-rate' && account ? 'draft.rate-above' : code;

/** In which step a field stands that a submission would refuse. */
export const stepOf = (field: string): DraftStep =>
  field === 'audienceId'
    ? 'audience'
    : field.startsWith('window.') || field === 'ratePerSecond' || field === 'signBy'
      ? 'window'
      : 'text';
