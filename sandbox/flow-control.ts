import { chinaMinute } from './china-time.ts';
import type { Ledger } from './ledger.ts';
import type { CompiledTemplate } from './registry.ts';
import type { Scenario } from './scenario.ts';

const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 86_400_000;

/**
 * The gateway's message when one more text to this number would pass a per-number ceiling, or null.
 * Minute and hour are clock windows (the same in UTC and UTC+8), a day is the last 24 hours; accepted submits count, also
 * those accepted earlier in the same call (`inThisCall`). The ledger itself is the counter, so a restart forgets nothing.
 */
export function flowControlFor(
  { flowControl }: Scenario,
  ledger: Ledger,
  message: { phone: number; signName: string; template: CompiledTemplate; inThisCall: number },
  now: number,
): string | null {
  const { phone, signName, template, inThisCall } = message;
  if (flowControl === null || flowControl.whiteList.includes(String(phone))) return null;
  const isCode = template.type === 'code';
  const limit = isCode ? flowControl.code.day : flowControl.noticeAndPromotionPerDay;
  let minute = inThisCall;
  let hour = inThisCall;
  let day = inThisCall;
  ledger.visitPhone(phone, (row) => {
    const at = ledger.acceptedAt(row);
    if (now - at >= DAY) return true;
    if (ledger.signs[ledger.signAt(row)] !== signName) return false;
    if (!isCode && ledger.texts[ledger.textAt(row)]?.code !== template.code) return false;
    if (isCode && !ledger.texts[ledger.textAt(row)]?.isCode) return false;
    if (Math.floor(at / MINUTE) === Math.floor(now / MINUTE)) minute++;
    if (Math.floor(at / HOUR) === Math.floor(now / HOUR)) hour++;
    return ++day >= limit;
  });
  if (isCode && minute >= flowControl.code.minute) return `触发分钟级流控Permits:${flowControl.code.minute}`;
  if (isCode && hour >= flowControl.code.hour) return `触发小时级流控Permits:${flowControl.code.hour}`;
  return day >= limit ? `触发天级流控Permits:${limit}` : null;
}

/** Whether promotion may go out at `now` by the scenario's hours, which may span midnight. */
export function promotionAllowed({ promotionHours }: Scenario, now: number): boolean {
  if (promotionHours === null) return true;
  const [from, to] = promotionHours.map((clock) => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3)));
  const minute = chinaMinute(now);
  if (from === undefined || to === undefined) return true;
  return from <= to ? minute >= from && minute < to : minute >= from || minute < to;
}
