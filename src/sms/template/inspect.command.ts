import { z } from 'zod';
import { countSegments } from '../segment.rule.ts';
import { findGatewayAccount } from '../gateway-account.db.ts';
import { parseTemplate, renderTemplate } from './template.rule.ts';
import { demand, type Context } from '../../house/context.ts';
import { checkTemplate, TemplateText, type TextFinding } from './template.command.ts';

export type TextPiece = { text: string; severity: 'error' | 'warning' | null };
export type TextInspection = {
  /** With the place in words-free form: `line` and `column` from 1, or null when it concerns the whole text. */
  findings: (TextFinding & { place: { line: number; column: number } | null })[];
  /** The text as written, cut where findings begin and end. */
  pieces: TextPiece[];
  segments: number;
  /** UTF-16 units, signature and its brackets counted. */
  length: number;
  /** Of the rendered example when every variable has a fitting one, else of the text as the gateway holds it. */
  measured: 'example' | 'source';
  gatewayContent: string | null;
  used: string[];
  declared: string[];
  /** When this kind may be sent on the account chosen; null without one. */
  hours: readonly [string, string] | null;
};

const Draft = TemplateText.extend({
  source: z.string().max(4_000),
  variables: z.array(z.looseObject({ name: z.string() })).max(40),
});

/** Everything that can be said about a text while it is typed: the rules are those that refuse it later. */
export async function inspectText(
  ctx: Context,
  input: z.input<typeof TemplateText>,
  gatewayAccountId: string | null,
): Promise<TextInspection> {
  demand(ctx, 'template:read');
  const account = gatewayAccountId === null ? null : await findGatewayAccount(ctx.pool, gatewayAccountId);
  const parsed = parseTemplate(input.source);
  const strict = TemplateText.safeParse(input);
  Draft.parse(input);
  const variables = (input.variables ?? []).filter((each) => TemplateText.shape.variables.safeParse([each]).success);
  const checked = strict.success
    ? checkTemplate(ctx, strict.data)
    : checkTemplate(ctx, { ...input, source: input.source === '' ? ' ' : input.source.slice(0, 1_000), variables });
  const example = Object.fromEntries(variables.map((spec) => [spec.name, spec.example]));
  const readable = parsed.ok && parsed.variables.every((name) => (example[name] ?? '') !== '');
  const measuredText = readable ? renderTemplate(input.source)(example) : (checked.gatewayContent ?? input.source);
  const findings = checked.findings.map((finding) => ({ ...finding, place: placeOf(finding, input.source) }));
  return {
    findings: findings.toSorted(byPlace),
    pieces: cut(input.source, checked.findings),
    ...measure(input.signName, measuredText),
    measured: readable ? 'example' : 'source',
    gatewayContent: checked.gatewayContent,
    used: parsed.ok ? parsed.variables : [],
    declared: (input.variables ?? []).map(({ name }) => name),
    hours: account?.settings.hours[input.kind] ?? null,
  };
}

function measure(signName: string, text: string): { segments: number; length: number } {
  const { segments, length } = countSegments({ signName, text });
  return { segments, length };
}

const Span = z.object({ start: z.number(), end: z.number() });
const Place = z.object({ line: z.number(), column: z.number() });

function placeOf({ at }: TextFinding, source: string): { line: number; column: number } | null {
  const place = Place.safeParse(at);
  if (place.success) return place.data;
  const span = Span.safeParse(at);
  if (!span.success) return null;
  const before = source.slice(0, span.data.start).split(/\r\n?|\n/);
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

type Placed = TextInspection['findings'][number];
const rank = (finding: Placed): number =>
  (finding.severity === 'error' ? 0 : 1e9) + (finding.place ? finding.place.line * 1e4 + finding.place.column : 1e8);
const byPlace = (a: Placed, b: Placed): number => rank(a) - rank(b);

/** Pieces add up to the source: a finding marks its span, overlapping ones as the graver of them. */
function cut(source: string, findings: readonly TextFinding[]): TextPiece[] {
  const spans = findings.flatMap((finding) => {
    const span = Span.safeParse(finding.at);
    if (span.success) return [{ ...span.data, severity: finding.severity }];
    const place = Place.safeParse(finding.at);
    if (!place.success) return [];
    const start = startOf(source, place.data.line) + place.data.column - 1;
    return [{ start, end: start + 1, severity: finding.severity }];
  });
  const edges = [...new Set([0, source.length, ...spans.flatMap(({ start, end }) => [start, end])])]
    .filter((edge) => edge >= 0 && edge <= source.length)
    .toSorted((a, b) => a - b);
  return edges.slice(0, -1).map((start, index) => {
    const covering = spans.filter((span) => span.start <= start && start < span.end);
    const severity = covering.some((span) => span.severity === 'error') ? 'error' : (covering[0]?.severity ?? null);
    return { text: source.slice(start, edges[index + 1]), severity };
  });
}

const startOf = (source: string, line: number): number =>
  [0, ...Array.from(source.matchAll(/\r\n?|\n/g), (match) => match.index + match[0].length)][line - 1] ?? 0;
