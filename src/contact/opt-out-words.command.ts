import { z } from 'zod';
import { loadOptOutWords } from './setting.db.ts';
import { storeSetting } from '../kernel/setting.db.ts';
import { AppError } from '../kernel/app-error.rule.ts';
import { meaningOf, type HouseWord, type ReplyMeaning } from './opt-out.rule.ts';
import {
  faultsOfHouseWords,
  houseWordHows,
  houseWordMeans,
  mostHouseWords,
  type HouseWordFault,
} from './opt-out-words.rule.ts';
import { oneLine } from '../kernel/field.rule.ts';
import { demand, mutate, type Context } from '../house/context.ts';

export const HouseWordInput = z.object({
  word: oneLine(100),
  how: z.enum(houseWordHows),
  means: z.enum(houseWordMeans),
});
export const HouseWordsInput = z.object({ words: z.array(HouseWordInput).max(mostHouseWords + 1) });

/** The house's own words beside the table: what counts as an opt-out here too, and what means something else here. */
export async function showOptOutWords(ctx: Context): Promise<HouseWord[]> {
  demand(ctx, 'self:read');
  return loadOptOutWords(ctx.pool);
}

const codeOf: Readonly<Record<HouseWordFault, string>> = {
  empty: 'opt-out-words.empty',
  'too-long': 'opt-out-words.too-long',
  twice: 'opt-out-words.twice',
  'too-many': 'opt-out-words.too-many',
  'too-short': 'opt-out-words.too-short',
  'asked-for': 'opt-out-words.asked-for',
};

/** In force for the next reply. Throws `opt-out-words.faults` with a fault for each word that may not stand. */
export async function setOptOutWords(ctx: Context, input: z.input<typeof HouseWordsInput>): Promise<HouseWord[]> {
  const { words } = HouseWordsInput.parse(input);
  const faults = faultsOfHouseWords(words);
  if (faults.length > 0) {
    throw new AppError('invalid', 'opt-out-words.faults', 'Some of the words may not stand; see faults.', {
      faults: faults.map(({ place, fault }) => ({
        field: `words.${place}`,
        code: codeOf[fault],
        message: `${words[place]?.word ?? ''}: ${fault}`,
      })),
    });
  }
  return mutate(ctx, 'setting:write', async (tx) => {
    const from = await loadOptOutWords(tx);
    await storeSetting(tx, 'opt-out-words', words);
    return {
      result: words,
      audit: {
        action: 'opt-out-words.set',
        objectKind: 'setting',
        objectId: 'opt-out-words',
        details: { from, to: words },
      },
    };
  });
}

const Trial = z.object({ text: z.string().max(2_000) });

/** What a reply would mean now, and why. Nothing is stored. */
export async function tryReply(ctx: Context, input: z.input<typeof Trial>): Promise<ReplyMeaning> {
  demand(ctx, 'self:read');
  return meaningOf(Trial.parse(input).text, await loadOptOutWords(ctx.pool));
}
