/**
 * A reply as the rules read it: no matter how it was typed. `plain` has capital letters, half width and simplified characters,
 * and neither spaces, signs nor what cannot be seen; `gaps[i]` says what stood before `plain[i]` in the reply as it came.
 */
export type ReplyText = { plain: string; gaps: readonly Gap[]; asks: boolean };
/** `hard`: a comma, a full stop, a bracket, an emoji, a new line. `soft`: a space, or a sign that also joins: R&B, T-shirt, No.5. */
type Gap = 'none' | 'soft' | 'hard';

export function readReplyText(content: string): ReplyText {
  const seen = Array.from(content.normalize('NFKC'))
    .map(letterOf)
    .join('')
    .replaceAll(/[\p{Cf}\p{M}]/gu, '')
    .toUpperCase()
    .replaceAll(emoticons, ' ; ');
  let plain = '';
  let gap: Gap = 'none';
  const gaps: Gap[] = [];
  for (const character of seen) {
    if (/[\p{L}\p{N}]/u.test(character)) {
      const simple = simplified.get(character) ?? character;
      plain += simple;
      gaps.push(gap, ...Array.from({ length: simple.length - 1 }, () => 'none' as const));
      gap = 'none';
    } else if (gap !== 'hard') gap = /[ \t\u00a0.\-&/+:'’_*·]/.test(character) ? 'soft' : 'hard';
  }
  return { plain, gaps, asks: /[?？]\s*$/.test(content) };
}

/** Faces that are made of letters we ask for: T_T weeps. */
const emoticons = /T[_^▽]+T/g;

/** ®, 🅡, 🆁 and the flag letter 🇷 are how keyboards offer an R. */
function letterOf(character: string): string {
  if (character === '®') return 'R';
  const code = character.codePointAt(0) ?? 0;
  for (const first of [0x1_f1_50, 0x1_f1_70, 0x1_f1_e6])
    if (code >= first && code < first + 26) return String.fromCodePoint(65 + code - first);
  return character;
}

/** Traditional characters, and variants, of words that stand in the table; a word added there may need its own here. */
const pairs = `
訂订 請请 擾扰 騷骚 絕绝 發发 給给 們们 繼继 續续 對对 別别 電电 話话 訊讯 聯联 繫系 係系 謝谢 斷断 廣广 資资 關关 閉闭 閱阅
註注 銷销 舉举 報报 訴诉 興兴 無无 須须 嗎吗 麼么 麽么 甚什 為为 爲为 沒没 還还 來来 這这 個个 煩烦 滾滚 誤误 騙骗 點点 問问 單单
貨货 費费 錢钱 頂顶 釘钉 絡络 銀银 業业 務务 後后 會会 過过 選选 擇择 輸输 覆复 復复 複复 傳传 簡简 語语 聽听 難难 讓让 認认 買买
賣卖 網网 頻频 類类 歡欢 願愿 嚴严 準准 許许 幹干 妳你 諒谅 麗丽 條条 級级 鍵键 種种 號号 張张 開开 緊紧 氣气 記记 門门
線线 時时 間间 隻只 樣样 從从 隨随 亂乱 馬马 遠远 啟启 終终 結结 內内 應应 該该 題题 機机 車车 飯饭 圖图 經经 剛刚 吶呐 囉啰
喔哦 噢哦 搔骚 臺台 檯台 現现 紅红 獎奖 嘍喽 嘞了 啲点 係系 冇没 唔不 畀给 咗了 嘅的 佢他 甭别 莫别 嫑别 覅别 弗不 俺我 咱我
`;
const simplified = new Map(
  pairs
    .trim()
    .split(/\s+/)
    .map((pair) => [pair.slice(0, 1), pair.slice(1)]),
);

const reversed = new Map([...simplified].map(([before, after]) => [after, before]));
/** The other way, as somebody with such a keyboard would write it. */
export const traditional = (character: string): string => reversed.get(character) ?? character;
