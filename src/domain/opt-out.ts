/**
 * Whether a reply says no. Customers write R, td, T, 退订, 拒收, N, "TD." or "请不要再发了": an opt-out that is overlooked costs
 * more than one too many, so anything short that begins like one counts.
 */
export function meansOptOut(content: string): boolean {
  const text = content.normalize('NFKC').replaceAll(/[\s\p{P}\p{S}]/gu, '').toUpperCase();
  if (/^(R|T|TD|N|NO|STOP|UNSUBSCRIBE|QX|JS|拒|退|不要)$/u.test(text)) return true;
  return /退订|退定|拒收|拒绝|取消订阅|别再发|不要再发|勿发|别发|不要发|停止发|不再接收|STOP|UNSUBSCRIBE|^TD|^R[^A-Z]?$|^回复?R$/u.test(text);
}
