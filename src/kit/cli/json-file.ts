import { usage } from './fault.ts';

/** One JSON object from a file. Throws `usage`. */
export function readJson(file: string, text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Said below; the parser's words would quote the file.
  }
  throw usage(`${file} is not one JSON object.`);
}
