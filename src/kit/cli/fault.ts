/** What the shell sees. Documented in `waihu --help` and docs/api.md: scripts depend on it. */
export const exits = { ok: 0, refused: 1, usage: 2, unreachable: 3, denied: 4, unanchored: 5 } as const;
export type Exit = (typeof exits)[keyof typeof exits];

/** Why a command ends without doing what it was asked: a stable code, a sentence, the places at fault and what to do. */
export class CliFault extends Error {
  override readonly name = 'CliFault';
  readonly exit: Exit;
  readonly code: string;
  readonly todo: string | undefined;
  readonly places: readonly { place: string; message: string }[];

  constructor(
    exit: Exit,
    code: string,
    message: string,
    more: { todo?: string | undefined; places?: CliFault['places']; cause?: unknown } = {},
  ) {
    super(message, { cause: more.cause });
    this.exit = exit;
    this.code = code;
    this.todo = more.todo;
    this.places = more.places ?? [];
  }
}

export const usage = (message: string, todo?: string): CliFault =>
  new CliFault(exits.usage, 'usage', message, { todo });
