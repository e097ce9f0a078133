import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { CliFault, exits } from './fault.ts';

/**
 * The whole path of a file that a command is to read, or a fault that says what is wrong with it, before anything else is asked.
 * A pipe (`<(…)`) is as good as a file; a device never ends.
 */
export function fileToRead(cwd: string, file: string): string {
  const whole = path.resolve(cwd, file);
  const about = statSync(whole);
  if (about.isDirectory()) throw fault('file.eisdir', `${whole} is a folder, not a file.`, 'Name one file in it.');
  if (!about.isFile() && !about.isFIFO()) throw fault('file.device', `${whole} is a device, not a file.`);
  accessSync(whole, constants.R_OK);
  if (about.isFile() && about.size === 0) throw fault('file.empty', `The file ${whole} is empty.`);
  return whole;
}

/** The text of such a file. */
export const textOfFile = (cwd: string, file: string): string => readFileSync(fileToRead(cwd, file), 'utf8');

const fault = (code: string, message: string, todo?: string): CliFault =>
  new CliFault(exits.usage, code, message, { todo });
