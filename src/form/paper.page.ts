import type { Context } from '../house/context.ts';
import type { Translate } from '../kernel/translate.ts';
import { formatDateTime, formatTime } from '../kit/page/format.ts';
import type { SignedText } from './form.rule.ts';
import type { PaperFace } from './paper-face.page.ts';
import { plainFace } from './plain-paper.page.ts';
import type { AwaitingForm } from './sign-off.db.ts';
import type { SignOffView } from './sign-off.command.ts';

const offered = new Map<string, PaperFace>();
const states = new Map<string, NonNullable<PaperFace['states']>>();

export function offerPaper(face: PaperFace): void {
  if (face.states) states.set(face.states.kind, face.states);
  for (const format of face.formats) offered.set(format, face);
}

/** Of a format that nobody has offered a face for, every field is shown as it was signed. */
export const faceOf = (format: string): PaperFace => offered.get(format) ?? plainFace;

export const shortOf = (hex: string): string => `${hex.slice(0, 8)}…${hex.slice(-8)}`;

/** What the page and the print show of a form. Every fact comes from the canonical form; samples come from what it names. */
export async function paperOf(ctx: Context, view: SignOffView, t: Translate) {
  const { form, digestHolds, stand, subject } = view;
  const face = faceOf(form.format);
  const signBy = new Date(form.signBy);
  return {
    number: form.number,
    name: form.name,
    unit: form.unit,
    applicant: form.applicant.name,
    signBy: formatDateTime(signBy),
    signByShort: formatTime(signBy),
    digest: stand.digest,
    digestGroups: stand.digest.match(/.{8}/g) ?? [],
    shortDigest: shortOf(stand.digest),
    digestHolds,
    title: face.title(t),
    view: face.view,
    facts: face.facts(form, t),
    subject: { ...face.link(t), href: subject.hrefOf(stand.number), kind: subject.kind, id: stand.subjectId },
    ...(await face.body(ctx, view, t)),
  };
}

/** A row of what awaits a signature. */
export const awaitingRow = ({ canonical, ...form }: AwaitingForm) => {
  const text = JSON.parse(canonical) as SignedText;
  return { ...form, ...faceOf(text.format).row(text) };
};

/** The state of what is signed, in the words of its own room; a subject without states of its own has those of its form. */
export const stateWord = (t: Translate, kind: string, state: string): string =>
  states.get(kind)?.word(state, t) ?? t(`sign-off.state.${state}`);
