import { z } from 'zod';
import { searchArchive } from './archive.command.ts';
import { takeFormArchive } from './form-archive.command.ts';
import { chinaInstant, addDays, isChinaDate } from '../../kernel/working-day.rule.ts';
import { stateWord } from '../paper.page.ts';
import type { Api } from '../../kit/http/api.ts';
import type { Pages } from '../../kit/page/page.ts';

const blank = (text: string): boolean => text.trim() === '';
const Text = z
  .string()
  .max(80)
  .transform((text) => (blank(text) ? undefined : text.trim()))
  .optional();
const Day = z
  .string()
  .max(10)
  .transform((text) => (isChinaDate(text) ? text : undefined))
  .optional();
const Query = z.object({ number: Text, unit: Text, text: Text, from: Day, until: Day, before: z.uuid().optional() });

export function archivePages(app: Api, pages: Pages): void {
  app.get(
    '/archive',
    { config: { needs: 'campaign:read', page: true }, schema: { hide: true, querystring: Query } },
    async (request, reply) => {
      const t = pages.translatorOf(request);
      const { number, unit, text, from, until, before } = request.query;
      const { rows, next, units } = await searchArchive(pages.contextOf(request), {
        number,
        unit,
        text,
        // Days as people name them: both ends are inside.
        from: from === undefined ? undefined : chinaInstant(from, '00:00'),
        until: until === undefined ? undefined : chinaInstant(addDays(until, 1), '00:00'),
        before,
      });
      const asked = Object.entries({ number, unit, text, from, until }).filter(
        (entry): entry is [string, string] => entry[1] !== undefined,
      );
      const here = (more: Record<string, string>): string =>
        `/archive?${new URLSearchParams({ ...Object.fromEntries(asked), ...more }).toString()}`;
      const shown = (row: (typeof rows)[number]) => ({
        ...row,
        stateWord: stateWord(t, row.subjectKind, row.state),
        signerNames: row.signers.join(t('sign-off.list-comma')),
        shortDigest: row.digest.slice(0, 8),
      });
      return pages.page(request, reply, 'archive/list', {
        title: t('archive.title'),
        nav: 'archive',
        styles: ['sign-off.css'],
        rows: rows.map(shown),
        own: pages.sealFingerprint,
        units: units.map((name) => ({ name, chosen: name === unit })),
        number: number ?? '',
        text: text ?? '',
        from: from ?? '',
        until: until ?? '',
        filtered: asked.length > 0,
        next: next && here({ before: next }),
        first: before ? here({}) : null,
      });
    },
  );

  // Posted, since it is put on record.
  app.post(
    '/archive/:number/form.json',
    { config: { needs: 'campaign:export' }, schema: { hide: true, params: z.object({ number: z.string().max(60) }) } },
    async (request, reply) => {
      const { number, body } = await takeFormArchive(pages.contextOf(request), request.params.number);
      return reply
        .type('application/json')
        .header('cache-control', 'no-store')
        .header('content-disposition', `attachment; filename="${number}.waihu.json"`)
        .serializer((value: unknown) => value as string)
        .send(body);
    },
  );
}
