const mainlandMobile = /^\+861\d{10}$/;

/** `+8613800138000` → `138****8000`. Anything else shows at most its last two digits: an odd number is still somebody's. */
export function maskPhone(phone: string): string {
  if (mainlandMobile.test(phone)) return `${phone.slice(3, 6)}****${phone.slice(-4)}`;
  return phone.length > 6 ? `****${phone.slice(-2)}` : '****';
}
