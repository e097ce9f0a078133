export const numberKinds = ['mobile', 'home', 'work', 'other'] as const;
export type NumberKind = (typeof numberKinds)[number];

/** More is a mistake of a file, not a person. */
export const numbersAtMost = 10;

/** Kinds of suppression that are said of a number, and true of it whoever has it. */
export const ofTheNumber: readonly string[] = ['dead-number', 'gateway-blacklist'];

/** One number of a customer; `place` 1 is the first. */
export type CustomerNumber = {
  phone: string;
  place: number;
  kind: NumberKind;
  /** The last day on which it is theirs, in China. */
  validUntil: string | null;
  /** Since when it is known that nobody is reached by it. */
  deadSince: Date | null;
};

/** Whether the person may be reached by it: it is theirs still, and not known to be dead. */
export const isUsable = (
  { validUntil, deadSince }: Pick<CustomerNumber, 'validUntil' | 'deadSince'>,
  today: string,
): boolean => deadSince === null && (validUntil === null || validUntil >= today);

/**
 * By which number a person is met: the one that a list names while it is usable, else the first usable one in the order of
 * their numbers. When none is, the one that was meant, so that the refusal says why.
 */
export function numberToMeet(numbers: readonly CustomerNumber[], named: string | null, today: string): string | null {
  const inOrder = numbers.toSorted((a, b) => a.place - b.place);
  const meant = inOrder.find(({ phone }) => phone === named) ?? inOrder[0];
  if (meant && isUsable(meant, today)) return meant.phone;
  return (inOrder.find((each) => isUsable(each, today)) ?? meant)?.phone ?? null;
}

/** The numbers with the one at `from` moved to `to`, both counted from 1; the others keep their order. */
export function withPlace<Each>(numbers: readonly Each[], from: number, to: number): Each[] {
  const [moved] = numbers.slice(from - 1, from);
  if (moved === undefined) return [...numbers];
  const others = numbers.toSpliced(from - 1, 1);
  return others.toSpliced(Math.min(to, numbers.length) - 1, 0, moved);
}
