import { randomUUIDv7 } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../kernel/app-error.rule.ts';
import * as db from './customer.db.ts';
import { readHeader } from './import/column.rule.ts';
import { furtherHeading } from './import/further-column.rule.ts';
import { readRow, type CustomerPayload } from './import/row.rule.ts';
import { mutate, type Context } from '../house/context.ts';

const Said = z.object({
  externalId: z.string().nullish(),
  name: z.string().nullish(),
  tier: z.string().nullish(),
  /** An IANA name; blank is the house's. */
  timeZone: z.string().nullish(),
  /** In the order of the form; a blank value drops the attribute. */
  attributes: z
    .array(z.object({ name: z.string(), value: z.string() }))
    .max(200)
    .default([]),
});
const New = Said.extend({ phone: z.string() });
const Change = Said.extend({
  id: z.uuid(),
  /** As the caller saw it. */
  updatedAt: z.date(),
  attributes: Said.shape.attributes.unwrap().optional(),
  /** Another customer id is a correction of the same person's. */
  samePerson: z.boolean().default(false),
});

/**
 * One customer by hand, under the rules of an import. Throws `customer.refused` with `faults` of `field` and `code` (the row
 * reasons of src/kernel/file/fault.rule.ts and the header's), `customer.phone-taken`, `customer.external-id-taken`.
 */
export async function createCustomer(ctx: Context, input: z.input<typeof New>): Promise<{ id: string }> {
  const { phone: typed, ...said } = New.parse(input);
  const { phone, payload } = read(typed, said);
  const work = mutate(ctx, 'customer:write', async (tx) => {
    const id = randomUUIDv7();
    await db.insertCustomer(tx, { id, phone, ...recordOf(payload), at: ctx.now() });
    return { result: { id }, audit: audit('customer.created', id, Object.keys(payload)) };
  });
  return orTaken(work);
}

/**
 * Changes what is named; what is left out stays, and null or blank takes it away. The number stays: a no belongs to the
 * number, and a record that moved to another one would leave it behind. So does the person: another customer id is taken
 * only as a correction, or the consent of one person would pass to another. Throws as `createCustomer`,
 * `customer.unknown`, `customer.changed-since`, `customer.person-changed`.
 */
export async function changeCustomer(ctx: Context, input: z.input<typeof Change>): Promise<{ changed: string[] }> {
  const { id, updatedAt, samePerson, ...said } = Change.parse(input);
  const work = mutate(ctx, 'customer:write', async (tx) => {
    const seen = await db.lockCustomer(tx, id);
    const standing = seen && (await db.findCustomer(tx, id));
    if (!seen || !standing) throw new AppError('missing', 'customer.unknown', 'There is no such customer.', { id });
    if (seen.updatedAt.getTime() !== updatedAt.getTime()) {
      throw new AppError(
        'conflict',
        'customer.changed-since',
        'Somebody changed this customer meanwhile; look again.',
        {
          id,
        },
      );
    }
    const { attributes = attributesOf(standing.attributes), externalId, name, tier, timeZone } = said;
    const kept = {
      externalId: externalId === undefined ? standing.externalId : externalId,
      name: name === undefined ? standing.name : name,
      tier: tier === undefined ? standing.tier : tier,
      timeZone: timeZone === undefined ? standing.timeZone : timeZone,
    };
    const wanted = recordOf(read(standing.phone, { ...kept, attributes }).payload);
    if (standing.externalId !== null && wanted.externalId !== standing.externalId && !samePerson) throw personChanged();
    const changed = (Object.keys(wanted) as (keyof db.CustomerRecord)[]).filter(
      (key) => JSON.stringify(sorted(wanted[key])) !== JSON.stringify(sorted(standing[key])),
    );
    if (changed.length > 0) await db.updateCustomer(tx, id, wanted, ctx.now());
    return { result: { changed }, audit: audit('customer.changed', id, changed) };
  });
  return orTaken(work);
}

const attributesOf = (attributes: Record<string, unknown>) =>
  Object.entries(attributes).map(([name, value]) => ({
    name,
    value: typeof value === 'string' ? value : JSON.stringify(value),
  }));

const personChanged = (): AppError =>
  new AppError(
    'invalid',
    'customer.person-changed',
    'Another customer id is another person: say that it corrects the id of the same person, or import the new person.',
    { field: 'externalId' },
  );

const sorted = (value: unknown): unknown =>
  typeof value === 'object' && value !== null ? Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)) : value;

const audit = (action: string, objectId: string, fields: string[]) => ({
  action,
  objectKind: 'customer',
  objectId,
  // What changed, never to what.
  details: { fields, changed: fields.length > 0 },
});

const recordOf = ({ externalId, name, tier, timeZone, attributes }: CustomerPayload): db.CustomerRecord => ({
  externalId: externalId ?? null,
  name: name ?? null,
  tier: tier ?? null,
  timeZone: timeZone ?? null,
  attributes: attributes ?? {},
});

const fields = { 手机号: 'phone', 客户号: 'externalId', 姓名: 'name', 等级: 'tier', 时区: 'timeZone' } as const;

/** The form as one row of a file, so that both have one set of rules. */
function read(phone: string, said: z.output<typeof Said>): { phone: string; payload: CustomerPayload } {
  const attributes = said.attributes.filter(({ name, value }) => name.trim() !== '' && value.trim() !== '');
  const cells = [
    phone,
    said.externalId ?? '',
    said.name ?? '',
    said.tier ?? '',
    said.timeZone ?? '',
    ...attributes.map(({ value }) => value),
  ];
  const columns = readAttributes(attributes.map(({ name }) => name));
  const answer = readRow('customers', columns, new Map(), { line: 1, cells });
  if (answer.ok) return { phone: answer.row.phone, payload: answer.row.payload };
  refuse(
    answer.faults.map(({ column, reason }) => ({
      field: Object.hasOwn(fields, column) ? fields[column as keyof typeof fields] : 'attributes',
      code: reason,
    })),
  );
}

function readAttributes(names: string[]): ReturnType<typeof readHeader> {
  try {
    // A heading of a further number is a name like another here: land lines are kept under theirs.
    const asNamed = names.filter((name) => furtherHeading(name) !== undefined);
    const mapping = Object.fromEntries(asNamed.map((name) => [name, `attribute:${name}` as const]));
    const columns = readHeader('customers', [...Object.keys(fields), ...names], 1, mapping);
    // A column of ours under an attribute's name (topics, consent) is asked for elsewhere on the page.
    if (columns.slice(Object.keys(fields).length).every(({ field }) => field === 'attribute')) return columns;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    refuse([{ field: 'attributes', code: error.code }]);
  }
  refuse([{ field: 'attributes', code: 'import.column-duplicate' }]);
}

function refuse(faults: { field: string; code: string }[]): never {
  const withMessages = faults.map((fault) => ({ ...fault, message: fault.code }));
  throw new AppError('invalid', 'customer.refused', 'Some fields of the customer cannot be used.', {
    faults: withMessages,
  });
}

/** What the keys of the table refuse, without its cause: PostgreSQL's names the value. */
async function orTaken<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const constraint = typeof error === 'object' && error !== null && 'constraint' in error ? error.constraint : null;
    if (constraint === 'customer_phone_key') {
      throw new AppError('conflict', 'customer.phone-taken', 'There is a customer with this number already.', {
        field: 'phone',
      });
    }
    if (constraint !== 'customer_external_id_key') throw error;
    throw new AppError('conflict', 'customer.external-id-taken', 'Another customer has this customer id.', {
      field: 'externalId',
    });
  }
}
