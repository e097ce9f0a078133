import { randomUUIDv7 } from 'node:crypto';
import { beforeEach } from 'vitest';
import { openConsole } from '../../kit/page/kit.ts';

type Said = { importId?: string; kind?: string; name?: string; encoding?: string; fileName?: string };

/** The console, without customers and imports before each test, and the two ways in which a browser uploads to it. */
export async function openImports() {
  const house = await openConsole();
  const { applicant } = house.people;
  beforeEach(async () => {
    await house.pool.query('truncate customer, import, audience, import_mapping cascade');
  });

  /** As web/import.js sends it. */
  async function send(text: string | Buffer, said: Said = {}, as = applicant) {
    const header = { importId: randomUUIDv7(), kind: 'customers', fileName: '客户.csv', ...said };
    const response = await house.app.inject({
      method: 'POST',
      url: '/imports',
      headers: {
        authorization: `Bearer ${as.key}`,
        'content-type': 'text/csv',
        'x-import': encodeURIComponent(JSON.stringify(header)),
        'hx-request': 'true',
      },
      payload: text,
    });
    return {
      status: response.statusCode,
      html: response.body,
      location: response.headers['x-location'] as string | undefined,
    };
  }

  /** As a plain form sends it. */
  async function sendForm(fields: Record<string, string>, file: { name: string; text: string } | null) {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.set(name, value);
    if (file) form.set('file', new File([file.text], file.name));
    const request = new Response(form);
    const response = await house.app.inject({
      method: 'POST',
      url: '/imports',
      headers: {
        authorization: `Bearer ${applicant.key}`,
        accept: 'text/html',
        'content-type': request.headers.get('content-type') ?? '',
      },
      payload: Buffer.from(await request.arrayBuffer()),
    });
    return { status: response.statusCode, html: response.body, location: response.headers['location'] ?? null };
  }

  const count = async (table: string): Promise<number> =>
    (await house.pool.query(`select count(*)::int as n from ${table}`)).rows[0].n;

  return { ...house, send, sendForm, count };
}
