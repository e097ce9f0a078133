/** JSON Schema as OpenAPI 3.1 and Zod write it, as far as it is used here. */
export type Schema = {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  format?: string;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  minItems?: number;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  prefixItems?: Schema[];
  additionalProperties?: Schema | boolean;
  propertyNames?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  default?: unknown;
};
export type Path = readonly (string | number)[];
/** Good values by the name of a field, for what a schema cannot say: ids of things that are there, numbers of phones. */
export type Known = (name: string, schema: Schema) => unknown;

export function createWalk(components: Record<string, Schema>, known: Known) {
  const whole = (schema: Schema): Schema => {
    const name = schema.$ref?.split('/').at(-1);
    return name === undefined ? schema : whole(components[name] ?? {});
  };
  const branches = (schema: Schema): Schema[] => schema.anyOf ?? schema.oneOf ?? [];

  /** A value that the schema takes; `all` fills optional fields too. */
  function good(given: Schema, name: string, all: boolean): unknown {
    const schema = whole(given);
    const special = known(name, schema);
    if (special !== undefined) return special;
    if (schema.const !== undefined) return schema.const;
    if (schema.enum) return schema.enum[0];
    const [first] = branches(schema);
    if (first) return good(first, name, all);
    if (schema.allOf) return Object.assign({}, ...schema.allOf.map((each) => good(each, name, all))) as unknown;
    switch ([schema.type].flat()[0]) {
      case 'object': {
        const fields = Object.entries(schema.properties ?? {}).filter(
          ([field]) => all || schema.required?.includes(field) === true,
        );
        return Object.fromEntries(fields.map(([field, inner]) => [field, good(inner, field, all)]));
      }
      case 'array':
        if (schema.prefixItems) return schema.prefixItems.map((each) => good(each, name, all));
        return all || (schema.minItems ?? 0) > 0 ? [good(schema.items ?? {}, name, all)] : [];
      case 'integer':
      case 'number':
        return Math.max(schema.minimum ?? 1, (schema.exclusiveMinimum ?? 0) + 1);
      case 'boolean':
        return true;
      case 'null':
        return null;
      default:
        return text(schema);
    }
  }

  /** Every place below: where it is, and what the schema says of it. Objects with free names have one made-up place. */
  function places(given: Schema, path: Path = []): { path: Path; schema: Schema }[] {
    const schema = whole(given);
    const inner = [
      ...Object.entries(schema.properties ?? {}).flatMap(([name, each]) => places(each, [...path, name])),
      ...(schema.items ? places(schema.items, [...path, 0]) : []),
      ...(schema.prefixItems ?? []).flatMap((each, index) => places(each, [...path, index])),
      ...branches(schema).flatMap((each) => places(each, path).slice(1)),
      ...(typeof schema.additionalProperties === 'object' && Object.keys(schema.additionalProperties).length > 0
        ? places(schema.additionalProperties, [...path, 'made-up'])
        : []),
    ];
    return [{ path, schema }, ...inner];
  }
  return { good, places, whole };
}

function text(schema: Schema): string {
  if (schema.format === 'uuid') return '01980000-0000-7000-8000-000000000000';
  if (schema.format === 'date-time') return new Date(Date.now() + 86_400_000).toISOString();
  if (schema.format === 'date') return '2026-12-01';
  if (schema.format === 'email') return 'walk@example.test';
  if (schema.pattern?.includes('0-5')) return '09:00';
  return 'walk'.repeat(Math.ceil((schema.minLength ?? 1) / 4)).slice(0, schema.maxLength ?? 100);
}

/** A copy of the value with another one at that place; objects and lists on the way are made where they are missing. */
export function withAt(value: unknown, [head, ...rest]: Path, placed: unknown): unknown {
  if (head === undefined) return placed;
  if (typeof head === 'number') {
    const list = Array.isArray(value) ? [...(value as unknown[])] : [];
    list[head] = withAt(list[head], rest, placed);
    return list;
  }
  const object = typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
  return { ...object, [head]: withAt((object as Record<string, unknown>)[head], rest, placed) };
}
