import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { renderSVG } from 'uqr';
import { z } from 'zod';
import { takeFormPrint } from './sign-off.command.ts';
import { chineseFont } from '../kit/print/assets.ts';
import { createPrinter, type Printer } from '../kit/print/pdf.ts';
import type { Api } from '../kit/http/api.ts';
import type { Pages } from '../kit/page/page.ts';
import { faceOf, paperOf } from './paper.page.ts';
import { panelOf } from './sign-off-panel.page.ts';
import { createView } from '../kit/page/view.ts';

const stylesheet = fileURLToPath(new URL('../../web/print.css', import.meta.url));
const folder = fileURLToPath(new URL('../../templates/print/', import.meta.url));
const fontFolder = '/assets/noto-sans-sc';

export function signOffPrintPages(app: Api, pages: Pages): void {
  const view = createView((name) => `/assets/${name}`, folder);
  // The browser starts with the first print, not with the server.
  let printer: Promise<Printer> | null = null;
  const printing = (): Promise<Printer> =>
    (printer ??= chineseFont(fontFolder).then((font) =>
      createPrinter({
        browserPath: pages.browserPath,
        assets: new Map([
          ...font,
          ['/assets/print.css', { type: 'text/css; charset=utf-8', body: readFileSync(stylesheet, 'utf8') }],
        ]),
      }),
    ));
  app.addHook('onClose', async () => (await printer)?.close());

  app.get(
    '/sign-off/:number/pdf',
    {
      config: { needs: 'campaign:read', page: true },
      schema: { hide: true, params: z.object({ number: z.string().max(60) }) },
    },
    async (request, reply) => {
      const t = pages.translatorOf(request);
      const ctx = pages.contextOf(request);
      const taken = await takeFormPrint(ctx, request.params.number);
      const html = view(
        faceOf(taken.form.format).print,
        {
          paper: await paperOf(ctx, taken, t),
          panel: await panelOf(ctx, taken, t),
          qr: renderSVG(`waihu:form:v1:${taken.stand.number}:${taken.stand.digest}`, { border: 0, ecc: 'M' }),
          now: ctx.now(),
          reader: ctx.staff.name,
        },
        { t, may: () => false },
      );
      const pdf = await (await printing()).pdf(html);
      return reply
        .type('application/pdf')
        .header('content-disposition', `attachment; filename="${taken.stand.number}.pdf"`)
        .header('cache-control', 'no-store')
        .serializer((value: unknown) => value as string)
        .send(pdf);
    },
  );
}
