import { meaningOf, plainOf, type HouseWord } from './opt-out.rule.ts';

export const mostHouseWords = 200;
export const longestHouseWord = 30;
export const houseWordHows = ['alone', 'begins', 'within'] as const;
export const houseWordMeans = ['opt-out', 'other'] as const;

export type HouseWordFault = 'empty' | 'too-long' | 'twice' | 'too-many' | 'too-short' | 'asked-for';

/** What we tell customers to reply, and what everybody knows: no house may make these mean something else. */
const askedFor = ['R', 'T', 'TD', 'N', '退订', '拒收', 'STOP', 'UNSUBSCRIBE', '请勿打扰', '不要再发了'];

/** The first fault of each word, by its place in the list; none when all may stand. */
export function faultsOfHouseWords(words: readonly HouseWord[]): { place: number; fault: HouseWordFault }[] {
  const seen = new Set<string>();
  const faults: { place: number; fault: HouseWordFault }[] = [];
  for (const [place, { word, how, means }] of words.entries()) {
    const plain = plainOf(word);
    const found = (): HouseWordFault | null => {
      if (place >= mostHouseWords) return 'too-many';
      if (plain === '') return 'empty';
      if (word.length > longestHouseWord) return 'too-long';
      if (seen.has(plain)) return 'twice';
      // 好 or A within a reply would silence half of those who answer.
      if (how === 'within' && means === 'opt-out' && Array.from(plain).length < 2) return 'too-short';
      if (means === 'other' && silencesWhatIsAskedFor({ word, how, means })) return 'asked-for';
      return null;
    };
    const fault = found();
    seen.add(plain);
    if (fault !== null) faults.push({ place, fault });
  }
  return faults;
}

const silencesWhatIsAskedFor = (word: HouseWord): boolean =>
  askedFor.some((each) => plainOf(each) === plainOf(word.word)) ||
  askedFor.some((each) => meaningOf(each, [word]).meaning === 'other');
