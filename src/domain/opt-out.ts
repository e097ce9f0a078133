/**
 * Whether a reply says no. Customers write R, td, T, 退订, 拒收, N, "TD." or "请不要再发了": an opt-out that is overlooked costs
 * more than one too many, so anything short that begins like one counts.
 */
export function meansOptOut(content: string): boolean {
  const text = content
    .normalize('NFKC')
    .replaceAll(/[\s\p{P}\p{S}]/gu, '')
    .toUpperCase();
  if (/^(R|T|TD|N|NO|STOP|UNSUBSCRIBE|QX|JS|拒|退|不要)$/u.test(text)) return true;
  // 别 says no, but not in 分别, 类别, 特别 and the like.
  if (
    /((?<![分类特区级个性判告])别|不要|勿|停止|不想|不愿|不再)(再|继续)?[给向对跟]?(我们?)?(发|推送|收|接收|打扰|扰|骚扰)/u.test(
      text,
    )
  )
    return true;
  return /退订|退定|拒收|拒绝|取消订阅|STOP|UNSUBSCRIBE|^TD|^R[^A-Z]?$|^回复?R$/u.test(text);
}
