import { cleanText } from './clean-text.rule.ts';

export type CellFault = 'error-value' | 'scientific-notation';
export type ReadCell = { ok: true; value: string } | { ok: false; reason: CellFault };

// What Excel, WPS, LibreOffice and Google Sheets write where a formula failed, and the ##### of a column too narrow. LibreOffice
// writes Err:502; translated names are those of the Chinese and other versions.
const errorValue =
  /^#(?:N\/?A|REF!|VALUE!|DIV\/?0!|NAME\?|NUM!|NULL!|SPILL!|CALC!|GETTING_DATA|FIELD!|BLOCKED!|CONNECT!|BUSY!|EXTERNAL!|PYTHON!|UNKNOWN!|ERROR!|值!|名称\?|引用!|数字!|空!|溢出!)$|^#{2,}$|^Err:\d{3}$/i;
// A sign or a decimal point tells it from a code like 2E10.
const scientific = /^[+-]?\d(?:\.\d+E[+-]?|E[+-])\d{1,3}$/i;
// Systems write numbers so that Excel takes them for text: ="13800138000", also with its quotation marks doubled.
const textFormula = /^=\s*(?:T\s*\(\s*)?("{1,2})(?<text>[^"]*)\1\s*\)?$/;

/**
 * A cell as a person sees it in the spreadsheet: without the mark in front of a text (an apostrophe, or the formula that quotes it) and
 * without invisible marks. What a spreadsheet broke is a fault: the value is not there any more. Other text that begins
 * with `=` stays: it may be a text.
 */
export function readCell(raw: string): ReadCell {
  let value = cleanText(raw);
  const quoted = textFormula.exec(value.replace(/^＝/, '='));
  if (quoted) value = cleanText(quoted.groups?.['text'] ?? '');
  // Excel shows '0123 as 0123; a name like 'Brien keeps its mark only behind a letter.
  else if (/^['’＇](?=[\p{Nd}+=@#-])/u.test(value)) value = value.slice(1).trim();
  if (!/[#＃eEＥｅ=]/u.test(value)) return { ok: true, value };
  const half = value.normalize('NFKC').replaceAll(/\s/gu, '');
  if (errorValue.test(half)) return { ok: false, reason: 'error-value' };
  if (scientific.test(half)) return { ok: false, reason: 'scientific-notation' };
  return { ok: true, value };
}
