// Longer than any id, date or count that we write with digits alone, shorter than any phone.
const digitRun = /\+?\d[\d\s-]{5,}\d/g;

/** Takes numbers that could be somebody's phone out of a text that others wrote. */
const withoutNumbers = (text: string): string => text.replaceAll(digitRun, '[digits]');

/**
 * What may be logged of an error: name, message, code and stack, without numbers. Not the object itself: PostgreSQL puts the
 * row at fault, phone and all, into `detail` and `where`.
 */
export function errorFields(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: withoutNumbers(String(error)) };
  const { code, constraint } = error as Error & { code?: unknown; constraint?: unknown };
  return {
    name: error.name,
    message: withoutNumbers(error.message),
    ...(typeof code === 'string' && { code }),
    ...(typeof constraint === 'string' && { constraint }),
    // Line numbers are digits too, but short; what is masked here was part of the message.
    ...(error.stack !== undefined && { stack: withoutNumbers(error.stack) }),
    ...(error.cause !== undefined && { cause: errorFields(error.cause) }),
  };
}
