import { maskPhone } from '../../kernel/phone-mask.rule.ts';
import { saltedLeaf } from '../../audience/digest.rule.ts';
import type { LedgerRow } from './format.rule.ts';
import { readBase64url } from '../../kernel/canonical-file.rule.ts';

/**
 * Whether the person with this number and these variables is the one in this row of an archive's ledger. `salt` is the member's
 * 16 bytes (`saltOf`), which the installation shows to an auditor for this member only; `phone` in E.164.
 */
export function proveMember(
  row: LedgerRow,
  salt: Uint8Array,
  phone: string,
  variables: Readonly<Record<string, string>>,
): boolean {
  const [seq, leaf, masked] = row;
  const stated = readBase64url(leaf);
  return stated !== null && masked === maskPhone(phone) && saltedLeaf(salt, { seq, phone, variables }).equals(stated);
}
