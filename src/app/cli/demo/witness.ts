import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import type { DemoCustomer } from './customers.ts';

export type WitnessVerdict = { accepted: number; twice: number; unsigned: number; suppressed: number; lost: number };

/**
 * Holds what the sandbox really accepted against what two people signed. `unsigned`: a number or a text that nobody signed.
 * `suppressed`: a person who had said no. `lost`: on the signed list, and neither accepted nor explained by the ledger.
 */
export async function askWitness(
  sandboxUrl: string,
  templateCode: string,
  customers: readonly DemoCustomer[],
  render: (customer: DemoCustomer) => string,
  ledger: { size: number; sent: number; notSent: number },
): Promise<WitnessVerdict> {
  const byPhone = new Map(customers.map((customer) => [customer.phone, customer]));
  const counts = new Map<string, number>();
  const verdict = { accepted: 0, twice: 0, unsigned: 0, suppressed: 0, lost: 0 };
  const response = await fetch(
    `${sandboxUrl}/sandbox/witness/accepted.ndjson?templateCode=${encodeURIComponent(templateCode)}`,
  );
  if (!response.ok || !response.body) throw new Error(`The sandbox's witness answered ${response.status}.`);
  for await (const line of createInterface({ input: Readable.fromWeb(response.body) })) {
    if (line === '') continue;
    const { phone, renderedText, outId } = JSON.parse(line) as { phone: string; renderedText: string; outId: string };
    // Test messages to the own people (docs/adr/0007-test-messages.md) are nobody's campaign; anything else must be signed.
    if (outId.startsWith('wt-')) continue;
    const national = phone.replace(/^\+?86/, '');
    verdict.accepted += 1;
    counts.set(national, (counts.get(national) ?? 0) + 1);
    const customer = byPhone.get(national);
    if (!customer || !renderedText.endsWith(render(customer))) verdict.unsigned += 1;
    else if (customer.expected !== 'contact') verdict.suppressed += 1;
  }
  for (const count of counts.values()) if (count > 1) verdict.twice += 1;
  verdict.lost = Math.max(0, ledger.sent - counts.size) + Math.max(0, ledger.size - ledger.sent - ledger.notSent);
  return verdict;
}
