import { array, assert, integer, property, record, string } from 'fast-check';
import { expect, test } from 'vitest';
import defaults from '../../../sandbox/scenarios/default.json' with { type: 'json' };
import clean from '../../../sandbox/scenarios/clean.json' with { type: 'json' };
import { fateOf, recipientError } from '../../../sandbox/fate.ts';
import { parseScenario, patchScenario } from '../../../sandbox/scenario.ts';

const scenario = parseScenario(defaults);
const phones = Array.from({ length: 20_000 }, (_, index) => 13900000000 + index * 7);

test('the same seed, number and out id meet the same fate in any order', () => {
  const message = record({ phone: integer({ min: 13000000000, max: 19999999999 }), outId: string() });
  assert(
    property(array(message), (messages) => {
      const forward = messages.map(({ phone, outId }) => fateOf(scenario, phone, outId));
      const backward = messages.toReversed().map(({ phone, outId }) => fateOf(scenario, phone, outId));
      expect(backward.toReversed()).toEqual(forward);
    }),
  );
});

test('another seed deals other fates', () => {
  const other = { ...scenario, seed: scenario.seed + 1 };
  const bad = (of: typeof scenario) => phones.filter((phone) => recipientError(of, phone) !== null);
  expect(bad(other)).not.toEqual(bad(scenario));
});

test.each<[string, number, (phone: number) => boolean]>([
  ['recipient errors', 0.02, (phone) => recipientError(scenario, phone) !== null],
  ['failures', 0.03, (phone) => !fateOf(scenario, phone, 'x').delivered],
  ['duplicates', 0.02, (phone) => fateOf(scenario, phone, 'x').duplicateDelayMs !== null],
  ['lost receipts', 0.005, (phone) => fateOf(scenario, phone, 'x').lost],
  ['receipts before the answer', 0.005, (phone) => fateOf(scenario, phone, 'x').beforeResponse],
  ['opt-outs', 0.005, (phone) => fateOf(scenario, phone, 'x').reply !== null],
])('%s keep their share among many numbers', (_, share, drawn) => {
  const seen = phones.filter(drawn).length / phones.length;
  expect(seen).toBeGreaterThan(share * 0.7);
  expect(seen).toBeLessThan(share * 1.3);
});

test('only delivered messages are answered, and never before their receipt', () => {
  for (const phone of phones) {
    const { delivered, reply, reportDelayMs } = fateOf(scenario, phone, 'y');
    if (reply) expect([delivered, reply.delayMs >= reportDelayMs]).toEqual([true, true]);
  }
});

test('the clean scenario harms nobody', () => {
  const harmless = parseScenario(clean);
  for (const phone of phones) {
    const fate = fateOf(harmless, phone, 'z');
    expect([recipientError(harmless, phone), fate.delivered, fate.lost, fate.duplicateDelayMs]).toEqual([
      null,
      true,
      false,
      null,
    ]);
  }
});

test('time scale shortens what is late and leaves the ordinary delay alone', () => {
  const late = patchScenario(scenario, {
    receipts: { delayMs: 500, late: { share: 1, delayMs: 60_000 }, beforeResponse: { share: 0 } },
  });
  expect(fateOf({ ...late, timeScale: 1 }, 13900000001, 'x').reportDelayMs).toBe(60_500);
  expect(fateOf({ ...late, timeScale: 60 }, 13900000001, 'x').reportDelayMs).toBe(1500);
});

test('a scenario with several faults names them all', () => {
  const broken = { recipientErrors: { share: 2 }, latencyMs: -1, sed: 1 };
  expect(() => parseScenario(broken)).toThrow(/recipientErrors\.share/);
  expect(() => parseScenario(broken)).toThrow(/latencyMs/);
  expect(() => parseScenario(broken)).toThrow(/"sed"/);
});

test('a patch changes only what it names, and replaces weights and delays whole', () => {
  const patched = patchScenario(scenario, {
    latencyMs: { minMs: 1, maxMs: 2 },
    receipts: { failures: { weights: { IS_CLOSE: 1 } } },
  });
  expect(patched).toEqual({
    ...scenario,
    latencyMs: { minMs: 1, maxMs: 2 },
    receipts: { ...scenario.receipts, failures: { share: 0.03, weights: { IS_CLOSE: 1 } } },
  });
});
