import { sql, type Sql } from './sql.db.ts';

/** Of a campaign `c`, or of whatever has its unit in `column`: it belongs to one of these units. */
export const inUnits = (units: '*' | readonly string[], column: Sql = sql`c.unit`): Sql =>
  units === '*' ? sql`true` : sql`${column} = any(${[...units]}::text[])`;
