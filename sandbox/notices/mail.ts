import { SMTPServer } from 'smtp-server';
import { generate } from 'selfsigned';
import type { Arrivals } from './arrivals.ts';

export const mailUser = 'sandbox';
export const mailPassword = 'sandbox-mail-password';

const coded = (message: string, responseCode: number) => Object.assign(new Error(message), { responseCode });

/** A mail relay that demands STARTTLS and a password, with a certificate of its own; `refused@…` and `busy@…` are not taken. */
export async function createMail(arrivals: Arrivals) {
  const pems = await generate([{ name: 'commonName', value: 'localhost' }], {
    keySize: 2048,
    notBeforeDate: new Date(Date.now() - 86_400_000),
    extensions: [
      { name: 'basicConstraints', cA: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  });
  const server = new SMTPServer({
    key: pems.private,
    cert: pems.cert,
    banner: 'Waihu sandbox',
    authMethods: ['PLAIN', 'LOGIN'],
    onAuth(auth, _, done) {
      if (auth.username === mailUser && auth.password === mailPassword) done(null, { user: mailUser });
      else {
        arrivals.refuse();
        done(new Error('Invalid username or password'));
      }
    },
    onRcptTo({ address }, _, done) {
      if (address.startsWith('refused@')) done(coded('no such mailbox', 550));
      else if (address.startsWith('busy@')) done(coded('try again later', 451));
      else done();
    },
    onData(stream, session, done) {
      const pieces: Buffer[] = [];
      stream.on('data', (piece: Buffer) => pieces.push(piece));
      stream.on('end', () => {
        const fault = arrivals.strike('email');
        const text = Buffer.concat(pieces).toString('utf8');
        const key = session.envelope.rcptTo.map(({ address }) => address).join(',');
        if (fault === 'busy' || fault === 'slow-down') return done(coded('busy', 451));
        if (fault === 'refuse') return done(coded('not wanted', 554));
        if (fault === 'hang') return;
        if (fault !== 'reset') arrivals.add({ server: 'email', key, text: decoded(text), headers: {} });
        if (fault === null) return done();
        for (const socket of sockets) socket.destroy();
      });
    },
  });
  const sockets = new Set<import('node:net').Socket>();
  server.server.on('connection', (socket: import('node:net').Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
  });
  // A client that hangs up in the middle is one of the things this server is here to see.
  server.on('error', () => undefined);
  return {
    certificate: pems.cert,
    listen: (port: number): Promise<number> =>
      new Promise((resolve, reject) => {
        server.server.once('error', reject);
        server.listen(port, '127.0.0.1', () => {
          const address = server.server.address();
          resolve(typeof address === 'object' && address ? address.port : 0);
        });
      }),
    close: (): Promise<void> =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/** Headers as they came, and a base64 or quoted-printable body readable. */
function decoded(mail: string): string {
  const [head = '', ...rest] = mail.split(/\r?\n\r?\n/);
  const body = rest.join('\n\n');
  if (/content-transfer-encoding:\s*base64/i.test(head))
    return `${head}\n\n${Buffer.from(body, 'base64').toString('utf8')}`;
  if (!/content-transfer-encoding:\s*quoted-printable/i.test(head)) return mail;
  const bytes = body
    .replaceAll(/=\r?\n/g, '')
    .replaceAll(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return `${head}\n\n${Buffer.from(bytes, 'latin1').toString('utf8')}`;
}
