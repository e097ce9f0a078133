import { z } from 'zod';

type Changed<T> = T extends readonly unknown[] | Date
  ? T
  : T extends object
    ? { [Key in keyof T]?: Changed<T[Key]> | undefined }
    : T;

/**
 * The shape of a change to a thing of that shape: every field, nested ones too, may be left out, and one that is left out is
 * absent from what is read. Zod's own `partial()` fills it with its default (`default`, `prefault`), so that a change of the
 * rate would put every other setting back to where a new account begins.
 */
export function changeOf<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
): z.ZodType<Changed<z.output<z.ZodObject<Shape>>>, Changed<z.input<z.ZodObject<Shape>>>> {
  return changed(schema) as unknown as ReturnType<typeof changeOf<Shape>>;
}

function changed(schema: z.core.$ZodType): z.ZodType {
  const inner = withoutDefault(schema);
  if (!(inner instanceof z.ZodObject)) return inner as z.ZodType;
  const fields = Object.entries(inner.shape as z.ZodRawShape).map(([name, field]) => [
    name,
    z.optional(changed(field)),
  ]);
  return z.strictObject(Object.fromEntries(fields) as z.ZodRawShape);
}

function withoutDefault(schema: z.core.$ZodType): z.core.$ZodType {
  const wraps = schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional;
  return wraps ? withoutDefault(schema.unwrap()) : schema;
}

/** What stands, with what the change names put in its place; objects are gone into, lists are replaced. */
export function withChange<T extends object>(standing: T, change: NoInfer<Changed<T>>): T {
  const next = { ...standing } as Record<string, unknown>;
  for (const [name, value] of Object.entries(change)) {
    if (value === undefined) continue;
    const before = next[name];
    next[name] = isPlain(value) && isPlain(before) ? withChange(before, value) : value;
  }
  return next as T;
}

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
