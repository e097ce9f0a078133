import { randomUUIDv7 } from 'node:crypto';
import { AppError } from '../kernel/app-error.rule.ts';
import { record } from './audit/audit.db.ts';
import type { Tx } from '../kernel/sql.db.ts';
import { findUnitByName, insertUnit, listUnits, lockUnit, renameUnit, setUnitRetired, type Unit } from './unit.db.ts';
import { oneLine } from '../kernel/field.rule.ts';
import { demand, mutate, type Context } from './context.ts';

export const UnitName = oneLine(80).refine(
  (name) => name !== '*' && !/[,，、]/.test(name),
  'A name of a unit has no comma and is not an asterisk.',
);

/** Every unit, with how many people belong to it; the retired ones last. */
export async function browseUnits(ctx: Context): Promise<(Unit & { people: number })[]> {
  demand(ctx, 'self:read');
  return listUnits(ctx.pool);
}

/** Throws `unit.exists`. */
export async function createUnit(ctx: Context, input: { name: string }): Promise<{ id: string }> {
  const name = UnitName.parse(input.name);
  const id = randomUUIDv7();
  return mutate(ctx, 'staff:write', async (tx) => {
    if (!(await insertUnit(tx, { id, name }))) throw exists();
    return { result: { id }, audit: { action: 'unit.created', objectKind: 'unit', objectId: id, details: { name } } };
  });
}

/** Renames it with everything that names it. What is signed keeps the name it was signed with. Throws `unit.missing`, `unit.exists`. */
export async function changeUnitName(ctx: Context, input: { id: string; name: string }): Promise<void> {
  const name = UnitName.parse(input.name);
  return mutate(ctx, 'staff:write', async (tx) => {
    const unit = await load(tx, input.id);
    if (name !== unit.name && (await findUnitByName(tx, name))) throw exists();
    if (name !== unit.name) await renameUnit(tx, unit, name);
    return {
      result: undefined,
      audit: { action: 'unit.renamed', objectKind: 'unit', objectId: unit.id, details: { from: unit.name, to: name } },
    };
  });
}

/** A retired unit is offered no more; who and what belongs to it stays with it. */
export async function retireUnit(ctx: Context, input: { id: string; retired: boolean }): Promise<void> {
  return mutate(ctx, 'staff:write', async (tx) => {
    const unit = await load(tx, input.id);
    await setUnitRetired(tx, unit.id, input.retired ? (unit.retiredAt ?? ctx.now()) : null);
    return {
      result: undefined,
      audit: {
        action: input.retired ? 'unit.retired' : 'unit.reopened',
        objectKind: 'unit',
        objectId: unit.id,
        details: { name: unit.name },
      },
    };
  });
}

/** Makes sure that these units are on the list, on record when one is new. Throws `unit.retired`. */
export async function ensureUnits(tx: Tx, names: readonly string[], actor: string, now: Date): Promise<void> {
  for (const name of new Set(names)) {
    if (name === '*') continue;
    const known = await findUnitByName(tx, name);
    if (known?.retiredAt)
      throw new AppError('conflict', 'unit.retired', 'This unit is retired; choose another or reopen it.', { name });
    if (known) continue;
    const id = randomUUIDv7();
    await insertUnit(tx, { id, name });
    await record(tx, { actor, action: 'unit.created', objectKind: 'unit', objectId: id, details: { name } }, now);
  }
}

async function load(tx: Tx, id: string): Promise<Unit> {
  const unit = await lockUnit(tx, id);
  if (!unit) throw new AppError('missing', 'unit.missing', 'There is no such unit.');
  return unit;
}
const exists = () =>
  new AppError('conflict', 'unit.exists', 'There is a unit of this name already.', { field: 'name' });
