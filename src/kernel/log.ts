import { pino, type DestinationStream, type Logger } from 'pino';
import { errorFields } from './error-fields.ts';

/** An error as it may be logged, whatever it hangs under; everything else as it is. */
const safely = (value: unknown): unknown => (value instanceof Error ? errorFields(value) : value);

/**
 * The only way to a log of ours: whatever is handed to it, an error is written without what a driver hangs on it (PostgreSQL puts
 * the row at fault into `detail`) and without numbers.
 */
export function createLogger(level: string, base: Record<string, unknown>, to?: DestinationStream): Logger {
  const options = {
    level,
    base,
    serializers: { err: safely, error: safely },
    hooks: {
      logMethod(this: Logger, args: unknown[], method: (...args: unknown[]) => void) {
        const [first, ...rest] = args;
        const fields =
          first instanceof Error
            ? { error: errorFields(first) }
            : typeof first === 'object' && first !== null
              ? Object.fromEntries(Object.entries(first).map(([key, value]) => [key, safely(value)]))
              : first;
        method.apply(this, [fields, ...rest]);
      },
    },
  };
  return to === undefined ? pino(options as never) : pino(options as never, to);
}
