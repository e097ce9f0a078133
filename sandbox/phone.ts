/**
 * The number as receipts show it (national form for the mainland, country code and number otherwise), or null when the
 * gateway would call it illegal. Numbers travel as JS numbers inside the sandbox: 8 bytes each, and 15 digits fit.
 */
export function parsePhone(text: string, international: boolean): number | null {
  if (international) return /^[1-9]\d{6,14}$/.test(text) ? Number(text) : null;
  const national = /^(?:\+86|0086|86|\+)?(1[3-9]\d{9})$/.exec(text)?.[1];
  return national === undefined ? null : Number(national);
}

/** `138****0001`: enough for a person to recognise, too little to call. */
export function maskPhone(phone: number): string {
  const text = String(phone);
  return `${text.slice(0, 3)}****${text.slice(-4)}`;
}
