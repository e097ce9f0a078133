import { usage } from '../kit/cli/fault.ts';

/** `name=name`, `amount=row:金额`, `shop=constant:杭州店` as the API takes them. Throws `usage`. */
export function readSources(pairs: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, variable, from, rest] = /^([^=]+)=(name|tier|attribute|row|constant)(?::(.*))?$/s.exec(pair) ?? [];
      const wantsMore = from === 'attribute' || from === 'row' || from === 'constant';
      if (variable === undefined || wantsMore === (rest === undefined)) {
        throw usage(
          `--var ${pair} cannot be read.`,
          'Write --var name=name, --var level=tier, --var city=attribute:city, --var amount=row:金额 or --var shop=constant:杭州店.',
        );
      }
      return [variable, from === 'constant' ? { from, value: rest } : wantsMore ? { from, key: rest } : { from }];
    }),
  );
}
