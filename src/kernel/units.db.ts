import { sql, type Sql } from './sql.db.ts';

/** Of a campaign `c`: it belongs to one of these units. */
export const inUnits = (units: '*' | readonly string[]): Sql =>
  units === '*' ? sql`true` : sql`c.unit = any(${[...units]}::text[])`;
