import axe from 'axe-core';
import type { Page } from 'playwright-core';

type Violation = {
  id: string;
  impact: string | null;
  help: string;
  nodes: { target: unknown[]; failureSummary?: string }[];
};

/** What axe-core finds serious or critical on the page as it stands: one line a place, empty when all is well. The debugger
 *  injects it, so the page's content security policy stays in force. */
export async function seriousFindings(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const violations = await page.evaluate<Violation[]>(
    `axe.run(document, { resultTypes: ['violations'] }).then((result) => result.violations)`,
  );
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, impact, help, nodes }) =>
      nodes.map(({ target, failureSummary }) => {
        const why = failureSummary?.split('\n').at(-1)?.trim() ?? '';
        return `${impact} ${id} at ${target.flat(2).join(' ')}: ${help}. ${why}`;
      }),
    );
}
