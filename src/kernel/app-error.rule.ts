/** What the caller can do about it: `invalid` fix the input, `denied` ask for the right, `missing` look elsewhere,
 *  `conflict` the state forbids it now, `unavailable` try again later. */
export type ErrorKind = 'invalid' | 'denied' | 'missing' | 'conflict' | 'unavailable';

/** A fault the caller can act on. `code` is the contract (and the i18n key); `message` is English for the log and the CLI. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly kind: ErrorKind;
  readonly code: string;
  /** Structured place of the fault (field, line, limit); never personal data. */
  readonly details: Record<string, unknown> | undefined;

  constructor(
    kind: ErrorKind,
    code: string,
    message: string,
    details?: Record<string, unknown>,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.kind = kind;
    this.code = code;
    this.details = details;
  }
}
