import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatShare, sharesOf } from '../../../src/kernel/share.rule.ts';

const counts = fc.array(fc.integer({ min: 0, max: 5_000_000 }), { minLength: 1, maxLength: 9 });
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

describe('shares by largest remainder', () => {
  test('sum to exactly 100.00 % whenever there is anything to share', () => {
    fc.assert(
      fc.property(counts, (parts) => {
        expect(sum(sharesOf(parts))).toBe(sum(parts) === 0 ? 0 : 10_000);
      }),
    );
  });

  test('are never a hundredth or more away from the exact share', () => {
    fc.assert(
      fc.property(counts, (parts) => {
        const total = sum(parts);
        sharesOf(parts).forEach((share, index) => {
          const exact = total === 0 ? 0 : ((parts[index] ?? 0) / total) * 10_000;
          expect(Math.abs(share - exact)).toBeLessThan(1);
        });
      }),
    );
  });

  test('give nothing to a part that is empty, and never more to the smaller of two parts', () => {
    fc.assert(
      fc.property(counts, (parts) => {
        const shares = sharesOf(parts);
        parts.forEach((part, index) => {
          if (part === 0) expect(shares[index]).toBe(0);
          parts.forEach((other, at) => {
            if (part > other) expect(shares[index]).toBeGreaterThanOrEqual(shares[at] ?? 0);
          });
        });
      }),
    );
  });

  test('are those of the picture', () => {
    const shares = sharesOf([28_914, 604, 1_846, 1_227, 16_029]);
    expect(shares.map(formatShare)).toEqual(['59.47', '1.24', '3.80', '2.52', '32.97']);
  });

  test('split a third, a third and a third without losing a hundredth', () => {
    expect(sharesOf([1, 1, 1])).toEqual([3_334, 3_333, 3_333]);
  });
});
