const surnames = Array.from('王李张刘陈杨黄赵周吴徐孙马朱胡郭何林罗高');
const given = Array.from('伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平');

/** Everybody is called something else within four hundred, so that no two neighbours get the same text. */
export const nameOf = (seq: number): string =>
  `${surnames[seq % 20] ?? ''}${given[Math.floor(seq / 20) % 20] ?? ''}女士`;

/** 13800000001 onwards; `from` keeps the campaigns of one run apart. */
export const numberOf = (seq: number, from: number): string => `138${String(seq + from).padStart(8, '0')}`;

export const variablesOf = (seq: number): Record<string, string> => ({ name: nameOf(seq), date: '10月7日' });

/** The same names for SQL: `names[seq % 400 + 1]` is `nameOf(seq)`. */
export const names = Array.from({ length: 400 }, (_, seq) => nameOf(seq));
