import { createTransport } from 'nodemailer';
import type { ChannelOutcome } from '../channel.rule.ts';
import { publicAddressOf } from '../post.ts';
import type { ChannelDriver } from './channel.ts';

export type MailSettings = {
  host: string;
  port: number;
  /** `tls` from the first byte (465), or STARTTLS demanded (587): never in clear. */
  security: 'tls' | 'starttls';
  user: string;
  from: string;
  /** Certificates to trust besides the usual ones, PEM. */
  ca?: string | undefined;
};

/** SMTP by nodemailer. Text only: nothing in it loads, runs or signs. `known`: the host may stand inside the house. */
export const createEmail = (
  settings: MailSettings,
  secret: { password: string },
  known: boolean,
  timeoutMs = 15_000,
): ChannelDriver => ({
  async send(notice, to) {
    if (to === null) return { kind: 'refused', code: 'no-address', whose: 'address' };
    let address: string | null;
    try {
      address = await publicAddressOf(settings.host, known);
    } catch {
      return { kind: 'retry', code: 'dns' };
    }
    if (address === null) return { kind: 'refused', code: 'address-not-public', whose: 'channel' };
    const transport = createTransport({
      host: address,
      port: settings.port,
      secure: settings.security === 'tls',
      requireTLS: settings.security === 'starttls',
      auth: { user: settings.user, pass: secret.password },
      tls: { servername: settings.host, ...(settings.ca && { ca: settings.ca }) },
      connectionTimeout: timeoutMs,
      greetingTimeout: timeoutMs,
      socketTimeout: timeoutMs,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    let onItsWay = false;
    // Read only once the relay has asked for the text: from then on nobody knows whether it took it.
    transport.use('stream', (mail, done) => {
      const make = mail.message.createReadStream.bind(mail.message);
      mail.message.createReadStream = (options) => make(options).once('resume', () => (onItsWay = true));
      done();
    });
    try {
      const domain = settings.from.split('@')[1] ?? 'localhost';
      await transport.sendMail({
        from: { name: 'Waihu 外呼', address: settings.from },
        to: { name: '', address: to },
        envelope: { from: settings.from, to: [to] },
        subject: notice.title,
        text: notice.text,
        // The same on a repeat: mail programs show the two as one.
        messageId: `<notice-${notice.id}@${domain}>`,
        headers: { 'auto-submitted': 'auto-generated', 'x-waihu-notice': String(notice.number) },
      });
      return { kind: 'accepted' };
    } catch (error) {
      return outcomeOf(error, onItsWay);
    } finally {
      transport.close();
    }
  },
});

type MailFault = { code?: string; responseCode?: number; command?: string; message?: string };

/** The relay's own words are not kept: they repeat the address. */
function outcomeOf(error: unknown, onItsWay: boolean): ChannelOutcome {
  const { code = 'error', responseCode, command = '', message = '' } = error as MailFault;
  if (code === 'EAUTH' || code === 'ENOAUTH')
    return { kind: 'refused', code: String(responseCode ?? code), whose: 'channel' };
  if (code === 'ETLS' || /certificate|altname|issuer/i.test(message))
    return { kind: 'refused', code: 'tls', whose: 'channel' };
  if (responseCode !== undefined && responseCode >= 500)
    return { kind: 'refused', code: String(responseCode), whose: command === 'RCPT TO' ? 'address' : 'message' };
  if (responseCode !== undefined && responseCode >= 400) return { kind: 'retry', code: String(responseCode) };
  return onItsWay ? { kind: 'unknown', code: code.toLowerCase() } : { kind: 'retry', code: code.toLowerCase() };
}
