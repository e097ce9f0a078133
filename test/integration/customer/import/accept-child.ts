import { acceptImport } from '../../../../src/customer/import/acceptance.command.ts';
import { openPool } from '../../../../src/kernel/sql.db.ts';

/** A process of its own that accepts a file, to be killed meanwhile. */
const [url = '', staffId = '', importId = ''] = process.argv.slice(2);
const grants = [{ role: 'applicant', unit: '*' }] as const;
const staff = { id: staffId, name: '', unit: '', roles: ['applicant'], grants } as const;
await acceptImport({ pool: openPool(url), staff, processes: {} as never, now: () => new Date() }, { importId });
