import type { Context } from '../house/context.ts';
import type { Translate } from '../kernel/translate.ts';
import type { SignedText } from './form.rule.ts';
import type { DifferenceLine } from './sign-off-difference.page.ts';
import type { SignOffView } from './sign-off.command.ts';

/** One fact beside the paper: what signing sets off. */
export type Fact = { label: string; value: string; small: string | null };
export type Step = { id: string; state: 'done' | 'now' | 'ahead' | 'stopped'; who: string; at: Date | null };

/** How forms of some formats are shown: the room that owns their content gives it, where the house is put together. */
export type PaperFace = {
  /** Of subjects with states of their own: their kind, and the words of those states. */
  states?: { kind: string; word(state: string, t: Translate): string };
  formats: readonly string[];
  /** Folder of templates/console with the paper (`desk`) and what a phone shows of it (`phone-text`, `phone-sheets`). */
  view: string;
  /** Template of templates/print. */
  print: string;
  title(t: Translate): string;
  /** The way to the page of what is signed, and to it when its form no longer holds. */
  link(t: Translate): { label: string; see: string; icon: string };
  /** Beside the act, and on a phone, where all else is folded away. */
  facts(form: SignedText, t: Translate): { desk: Fact[]; phone: Fact[] };
  /** In the list of what awaits: how many people, at most how much, from when; null where it has none such. */
  row(form: SignedText): { people: number | null; ceilingFen: number | null; startsAt: Date | null };
  /** What the templates of `view` and `print` show besides: facts of the signed text, and samples of what it names. */
  body(ctx: Context, view: SignOffView, t: Translate): Promise<object>;
  differences(earlier: SignedText, later: SignedText, t: Translate): DifferenceLine[];
  /** What comes after the leader's signature. */
  last(view: SignOffView): Step;
  /** Where nothing awaits anybody any more: what has become of it. */
  over(ctx: Context, view: SignOffView, t: Translate): Promise<string>;
};
