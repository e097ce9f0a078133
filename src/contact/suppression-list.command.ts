import { randomUUIDv7 } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../kernel/app-error.rule.ts';
import { maskPhone } from '../kernel/phone-mask.rule.ts';
import { suppressionKinds } from './contact.rule.ts';
import { demandReach, ReachFields } from './suppression.command.ts';
import * as db from './suppression.db.ts';
import { normalizeMobile, type PhoneFault } from '../kernel/phone.rule.ts';
import { demand, mutate, type Context } from '../house/context.ts';
import { paragraph } from '../kernel/field.rule.ts';

export const mostNumbers = 1_000;

const Wanted = ReachFields.extend({
  /** Numbers as they were pasted, one a line or separated by commas, semicolons or blanks. */
  numbers: z.string().max(60_000),
  kind: z.enum(suppressionKinds),
  reason: paragraph(500),
  expiresAt: z.date().nullish(),
});

export type NumberFault = {
  line: number;
  value: string;
  reason: `phone-${PhoneFault}` | 'duplicate';
  firstLine?: number;
};
export type ListCheck = {
  good: number;
  /** Silent as widely and as long already. */
  standing: number;
  faults: NumberFault[];
};

/** What adding the list would do, without doing it. Throws as `suppressList`. */
export async function checkList(ctx: Context, input: z.input<typeof Wanted>): Promise<ListCheck> {
  demand(ctx, 'suppression:write');
  const wanted = read(ctx, input);
  const standing = await db.countStanding(ctx.pool, wanted.phones, wanted.row);
  return { good: wanted.phones.length, standing, faults: wanted.faults };
}

/**
 * Silences every good number of the list in one transaction; bad ones and those silent already are left out and counted.
 * Throws `suppression.no-numbers`, `suppression.too-many-numbers`, `suppression.expired`,
 * `suppression.no-reach`.
 */
export async function suppressList(
  ctx: Context,
  input: z.input<typeof Wanted>,
): Promise<{ added: number; standing: number; bad: number }> {
  const { phones, row, faults } = read(ctx, input);
  if (phones.length === 0) {
    throw new AppError('invalid', 'suppression.no-numbers', 'None of these is a mobile number of mainland China.', {
      field: 'numbers',
    });
  }
  return mutate(ctx, 'suppression:write', async (tx) => {
    const listId = randomUUIDv7();
    const rows = phones.map((phone) => ({ id: randomUUIDv7(), phone }));
    const added = await db.insertSuppressions(tx, rows, { ...row, source: `list:${listId}` });
    const counts = { added, standing: phones.length - added, bad: faults.length };
    const details = { kind: row.kind, channels: row.channels, purposes: row.purposes, ...counts };
    return {
      result: counts,
      audit: { action: 'suppression.list-added', objectKind: 'suppression-list', objectId: listId, details },
    };
  });
}

function read(ctx: Context, input: z.input<typeof Wanted>) {
  const { numbers, kind, reason, expiresAt = null, ...asked } = Wanted.parse(input);
  const reach = demandReach(asked);
  const createdAt = ctx.now();
  if (expiresAt && expiresAt <= createdAt) {
    throw new AppError('invalid', 'suppression.expired', 'The suppression would end before it begins.', {
      field: 'expiresAt',
    });
  }
  const { phones, faults } = readNumbers(numbers);
  if (phones.length + faults.length === 0) {
    throw new AppError('invalid', 'suppression.no-numbers', 'Give at least one number.', { field: 'numbers' });
  }
  const row = { kind, ...reach, source: 'list', reason, createdAt, createdBy: ctx.staff.id, expiresAt };
  return { phones, faults, row };
}

/** Good numbers, sorted and once each; of the others the line and the reason. Throws `suppression.too-many-numbers`. */
export function readNumbers(text: string): { phones: string[]; faults: NumberFault[] } {
  const firsts = new Map<string, number>();
  const faults: NumberFault[] = [];
  const lines = text.split(/\r\n|\r|\n/);
  let count = 0;
  lines.forEach((content, index) => {
    const line = index + 1;
    for (const typed of content.split(/[,，;；、\t]/)) {
      const value = typed.trim();
      if (value === '') continue;
      count += 1;
      if (count > mostNumbers) {
        throw new AppError('invalid', 'suppression.too-many-numbers', `At most ${mostNumbers} numbers at once.`, {
          field: 'numbers',
          limit: mostNumbers,
        });
      }
      const answer = normalizeMobile(value);
      const firstLine = answer.ok ? firsts.get(answer.phone) : undefined;
      if (!answer.ok) faults.push({ line, value: maskPhone(value), reason: `phone-${answer.reason}` });
      else if (firstLine !== undefined)
        faults.push({ line, value: maskPhone(answer.phone), reason: 'duplicate', firstLine });
      else firsts.set(answer.phone, line);
    }
  });
  return { phones: [...firsts.keys()].sort((a, b) => (a < b ? -1 : 1)), faults };
}
