import { pipeline } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { csvWriter } from '../../kernel/csv-writer.ts';
import { errorFields } from '../../kernel/error-fields.ts';

/**
 * Streams rows as a CSV to download. Once lines are on their way a fault can only cut them short: the browser sees a broken
 * transfer, the log says why. `fileName` is of ASCII; `shownName` is what the person sees.
 */
export function sendCsv(
  reply: FastifyReply,
  rows: AsyncIterable<unknown[]>,
  { fileName, shownName }: { fileName: string; shownName?: string },
): FastifyReply {
  const csv = csvWriter();
  pipeline(rows, csv, (error) => {
    if (error) reply.log.warn({ error: errorFields(error), fileName }, 'An export ended early.');
  });
  const shown = shownName === undefined ? '' : `; filename*=UTF-8''${encodeURIComponent(shownName)}`;
  return reply
    .type('text/csv; charset=utf-8')
    .header('cache-control', 'no-store')
    .header('content-disposition', `attachment; filename="${fileName}"${shown}`)
    .send(csv);
}
