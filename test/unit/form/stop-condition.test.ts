import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  fewestForStop,
  houseStopConditions,
  stopReasonFor,
  type StopFigures,
} from '../../../src/form/stop-condition.rule.ts';

const figures = (change: Partial<StopFigures>): StopFigures => ({
  sent: 1_000,
  judged: 1_000,
  failed: 0,
  optOuts: 0,
  complaints: 0,
  ...change,
});

test.each<[string, Partial<StopFigures>, string | null]>([
  ['nothing amiss', {}, null],
  ['failures at the limit', { failed: 200 }, null],
  ['one failure above it', { failed: 201 }, 'campaign.stop-failures'],
  ['failures of those with a verdict, not of those sent', { judged: 100, failed: 21 }, 'campaign.stop-failures'],
  ['many failures of too few verdicts', { judged: fewestForStop - 1, failed: fewestForStop - 1 }, null],
  ['opt-outs at the limit', { optOuts: 10 }, null],
  ['one opt-out above it', { optOuts: 11 }, 'campaign.stop-opt-outs'],
  ['one complaint of a thousand', { complaints: 1 }, null],
  ['two complaints of a thousand', { complaints: 2 }, 'campaign.stop-complaints'],
  ['one complaint of a hundred', { sent: 100, complaints: 1 }, 'campaign.stop-complaints'],
  ['one complaint of too few', { sent: fewestForStop - 1, complaints: 1 }, null],
  ['everything: the gravest is told', { failed: 900, optOuts: 500, complaints: 500 }, 'campaign.stop-complaints'],
])('%s', (_, change, code) => {
  expect(stopReasonFor(houseStopConditions, figures(change))?.code ?? null).toBe(code);
});

test('whoever is stopped by figures is stopped by worse ones, and never where the limits are all', () => {
  const count = fc.nat(100_000);
  fc.assert(
    fc.property(
      count,
      count,
      count,
      count,
      fc.integer({ min: 1, max: 1_000 }),
      (sent, failed, optOuts, complaints, limit) => {
        const people = {
          sent,
          judged: sent,
          failed: Math.min(failed, sent),
          optOuts: Math.min(optOuts, sent),
          complaints: Math.min(complaints, sent),
        };
        const some = { failurePercent: Math.min(100, limit), optOutsPerThousand: limit, complaintsPerThousand: limit };
        const worse = { ...people, failed: people.judged, optOuts: sent, complaints: sent };
        if (stopReasonFor(some, people)) expect(stopReasonFor(some, worse)).not.toBeNull();
        const all = { failurePercent: 100, optOutsPerThousand: 1_000, complaintsPerThousand: 1_000 };
        expect(stopReasonFor(all, worse)).toBeNull();
      },
    ),
  );
});
