import { isIP } from 'node:net';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { AppError } from '../kernel/app-error.rule.ts';
import { readKeyText } from '../kernel/installation-key.rule.ts';
import { isLoopback } from '../kernel/loopback.rule.ts';
import { keyOfFolder, type KeyPlace } from '../house/installation-key.ts';
import { aliyunEndpoints, readEndpoints } from '../sms/gateway-endpoint.rule.ts';
import { defaultWayInDays } from '../house/key-approval.rule.ts';

const port = z.coerce
  .number('must be a port number')
  .int('must be a whole number')
  .min(0, 'must be 0 (any free port) to 65535')
  .max(65_535, 'must be 0 (any free port) to 65535');

const webUrl = z.url({ protocol: /^https?$/, error: 'must be an address such as https://outbound.example.com' });

const Variables = z
  .object({
    WAIHU_PORT: port.default(8080),
    WAIHU_HOST: z.string().default('127.0.0.1'),
    WAIHU_DATA: z.string().default('.waihu'),
    WAIHU_KEY: z
      .string()
      .refine(
        (text) => readKeyText(text) !== null,
        'must be 32 bytes in hex or base64, such as `openssl rand -hex 32` makes',
      )
      .optional(),
    WAIHU_KEY_FILE: z.string().optional(),
    WAIHU_POSTGRES_PORT: port.default(0),
    WAIHU_TEMPORAL_PORT: port.default(0),
    WAIHU_TEMPORAL_UI_PORT: port.default(0),
    WAIHU_SANDBOX_PORT: port.default(0),
    WAIHU_SANDBOX_MAIL_PORT: port.default(0),
    WAIHU_SANDBOX: z.enum(['on', 'off'], 'must be on or off').optional(),
    WAIHU_SANDBOX_SCENARIO: z.string().optional(),
    WAIHU_SANDBOX_URL: webUrl.optional(),
    WAIHU_PUBLIC_URL: webUrl.optional(),
    WAIHU_TRUSTED_PROXIES: z
      .string()
      .refine((list) => addressesIn(list).every(isNetwork), 'must be addresses or networks, such as 10.0.0.0/8,::1')
      .optional(),
    WAIHU_GATEWAY_ENDPOINTS: z
      .string()
      .refine(
        (text) => readEndpoints(text) !== null,
        'must be host names, such as dysmsapi.aliyuncs.com, gate.example.com:8443',
      )
      .optional(),
    WAIHU_VOICE_HOSTS: z
      .string()
      .refine((text) => readEndpoints(text) !== null, 'must be host:port of PBXs, such as pbx.example.com:8089')
      .optional(),
    WAIHU_NOTICE_HOSTS: z
      .string()
      .regex(/^\s*[^\s,:]+:\d{1,5}(\s*,\s*[^\s,:]+:\d{1,5})*\s*$/, 'must be host:port, several separated by commas')
      .optional(),
    WAIHU_OIDC_ISSUER: webUrl.optional(),
    WAIHU_OIDC_CLIENT_ID: z.string().optional(),
    WAIHU_OIDC_CLIENT_SECRET: z.string().optional(),
    WAIHU_WAY_IN_DAYS: z.coerce
      .number('must be a number of days')
      .int('must be a whole number')
      .min(1, 'must be 1 to 365 days')
      .max(365, 'must be 1 to 365 days')
      .default(defaultWayInDays),
    WAIHU_METRICS_TOKEN: z.string().min(16, 'must have at least 16 characters').optional(),
    WAIHU_WORKER_METRICS: z
      .string()
      .regex(/^(\[[0-9a-f:]+\]|[^\s:/]+):\d{1,5}$/i, 'must be host:port, such as 127.0.0.1:9464')
      .optional(),
    WAIHU_LOG_LEVEL: z
      .enum(['trace', 'debug', 'info', 'warn', 'error'], 'must be trace, debug, info, warn or error')
      .default('info'),
    WAIHU_SENDERS: z.coerce
      .number('must be a number of processes')
      .int('must be a whole number')
      .min(0, 'must be 0 (no sending here) to 12')
      .max(12, 'must be 0 (no sending here) to 12')
      .optional(),
    WAIHU_TASK_QUEUE: z.string().min(1).default('waihu'),
    WAIHU_TEMPORAL_CACHE: z.string().optional(),
    WAIHU_BROWSER: z.string().optional(),
    DATABASE_URL: z
      .url({ protocol: /^postgres(ql)?$/, error: 'must be postgresql://user:password@host:port/database' })
      .optional(),
    TEMPORAL_ADDRESS: z
      .string()
      .regex(/^(\[[0-9a-f:]+\]|[^\s:/]+):\d{1,5}$/i, 'must be host:port, without a scheme')
      .optional(),
    TEMPORAL_NAMESPACE: z.string().default('default'),
    TEMPORAL_TLS_CERT: z.string().optional(),
    TEMPORAL_TLS_KEY: z.string().optional(),
    TEMPORAL_API_KEY: z.string().optional(),
    XDG_CACHE_HOME: z.string().optional(),
    HOME: z.string().default('.'),
  })
  .superRefine((variables, context) => {
    const pairs = [
      ['TEMPORAL_TLS_CERT', 'TEMPORAL_TLS_KEY'],
      ['TEMPORAL_TLS_KEY', 'TEMPORAL_TLS_CERT'],
      ['WAIHU_OIDC_ISSUER', 'WAIHU_OIDC_CLIENT_ID'],
      ['WAIHU_OIDC_CLIENT_ID', 'WAIHU_OIDC_CLIENT_SECRET'],
      ['WAIHU_OIDC_CLIENT_SECRET', 'WAIHU_OIDC_ISSUER'],
    ] as const;
    if (variables.WAIHU_KEY !== undefined && variables.WAIHU_KEY_FILE !== undefined)
      context.addIssue({ code: 'custom', path: ['WAIHU_KEY_FILE'], message: 'must not be set beside WAIHU_KEY' });
    for (const [given, missing] of pairs) {
      if (variables[given] !== undefined && variables[missing] === undefined)
        context.addIssue({ code: 'custom', path: [missing], message: `must be set too, because ${given} is` });
    }
  });

const addressesIn = (list: string): string[] => list.split(/[\s,]+/).filter((each) => each !== '');
function isNetwork(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  const version = isIP(address);
  if (version === 0 || more.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}

/** Everything that can be set from outside. Files and folders are absolute; port 0 means "choose a free one and keep it". */
export interface Config {
  host: string;
  port: number;
  dataFolder: string;
  /** Where the installation's key is: all its processes share it. */
  key: KeyPlace;
  ports: { postgres: number; temporal: number; temporalUi: number; sandbox: number; sandboxMail: number };
  sandbox: { enabled: boolean; scenario: string; url: string | undefined };
  /** Undefined means: run PostgreSQL from the data folder. */
  databaseUrl: string | undefined;
  temporal: {
    /** Undefined means: run the development server from the data folder. */
    address: string | undefined;
    namespace: string;
    tls: { certFile: string; keyFile: string } | undefined;
    apiKey: string | undefined;
  };
  publicUrl: string | undefined;
  /** `host:port` inside the house that notices may go to; everything else must be on the public network. */
  noticeHosts: string[];
  /** Hosts that accounts may name: Alibaba's own unless set, the PBXs of WAIHU_VOICE_HOSTS, and the embedded sandbox. */
  gatewayEndpoints: readonly string[];
  /** Reverse proxies whose word about the client's address is believed. */
  trustedProxies: readonly string[];
  /** The house's own identity server; undefined means: passwords and passkeys only. */
  oidc: { issuer: string; clientId: string; clientSecret: string } | undefined;
  /** Days for which giving somebody a way in bars from approving their signing keys. */
  wayInDays: number;
  /** What `/metrics` is read with; undefined means: there is no such page. */
  metricsToken: string | undefined;
  /** Where a worker shows Temporal's own metrics: the first free port from this one on. */
  workerMetrics: { host: string; port: number } | undefined;
  logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error';
  temporalCache: string;
  /** Chrome or Chromium that prints; undefined means: look for one. */
  browserPath: string | undefined;
  /** Where workflows and activities wait for a worker: one an installation that shares a namespace. */
  taskQueue: string;
  /** Sender processes that `npm start` runs. */
  senders: number;
  /** The environment as it was read, without the key: what child processes inherit, and nothing else reads. */
  env: Record<string, string>;
}

/** Reads the environment once. Throws `config.invalid`, which names every faulty variable but never its value. */
export function readConfig(env: NodeJS.ProcessEnv, cwd = process.cwd()): Config {
  // An empty variable is how compose files and CI spell "not set".
  const given = Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== ''),
  );
  const result = Variables.safeParse(given);
  const faults = [
    ...(result.error?.issues ?? []).map((issue) => `${issue.path.join('.')}: ${issue.message}`),
    ...unknownVariables(given),
  ];
  if (!result.success || faults.length > 0) {
    throw new AppError('invalid', 'config.invalid', `Fix the configuration:\n  ${faults.join('\n  ')}`, { faults });
  }
  return toConfig(result.data, given, cwd);
}

function toConfig(variables: z.infer<typeof Variables>, given: Record<string, string>, cwd: string): Config {
  const { WAIHU_KEY: installationKey, ...env } = given;
  const cert = variables.TEMPORAL_TLS_CERT;
  const key = variables.TEMPORAL_TLS_KEY;
  const cacheHome = variables.XDG_CACHE_HOME ?? resolve(cwd, variables.HOME, '.cache');
  const scenario = variables.WAIHU_SANDBOX_SCENARIO;
  return {
    host: variables.WAIHU_HOST,
    port: variables.WAIHU_PORT,
    dataFolder: resolve(cwd, variables.WAIHU_DATA),
    key: {
      ...keyOfFolder(resolve(cwd, variables.WAIHU_DATA)),
      given: installationKey,
      ...(variables.WAIHU_KEY_FILE !== undefined && { file: resolve(cwd, variables.WAIHU_KEY_FILE), named: true }),
    },
    ports: {
      postgres: variables.WAIHU_POSTGRES_PORT,
      temporal: variables.WAIHU_TEMPORAL_PORT,
      temporalUi: variables.WAIHU_TEMPORAL_UI_PORT,
      sandbox: variables.WAIHU_SANDBOX_PORT,
      sandboxMail: variables.WAIHU_SANDBOX_MAIL_PORT,
    },
    sandbox: {
      // With a database of their own people mean business: no pretended customers unless asked for.
      enabled: (variables.WAIHU_SANDBOX ?? (variables.DATABASE_URL === undefined ? 'on' : 'off')) === 'on',
      scenario:
        scenario === undefined
          ? fileURLToPath(new URL('../../sandbox/scenarios/default.json', import.meta.url))
          : resolve(cwd, scenario),
      url: variables.WAIHU_SANDBOX_URL,
    },
    databaseUrl: variables.DATABASE_URL,
    temporal: {
      address: variables.TEMPORAL_ADDRESS,
      namespace: variables.TEMPORAL_NAMESPACE,
      tls:
        cert !== undefined && key !== undefined
          ? { certFile: resolve(cwd, cert), keyFile: resolve(cwd, key) }
          : undefined,
      apiKey: variables.TEMPORAL_API_KEY,
    },
    noticeHosts: (variables.WAIHU_NOTICE_HOSTS ?? '')
      .split(',')
      .map((host) => host.trim().toLowerCase())
      .filter((host) => host !== ''),
    publicUrl: variables.WAIHU_PUBLIC_URL?.replace(/\/+$/, ''),
    trustedProxies: addressesIn(variables.WAIHU_TRUSTED_PROXIES ?? ''),
    gatewayEndpoints: [
      ...(readEndpoints(variables.WAIHU_GATEWAY_ENDPOINTS ?? '') ?? aliyunEndpoints),
      ...(readEndpoints(variables.WAIHU_VOICE_HOSTS ?? '') ?? []),
      ...(variables.WAIHU_SANDBOX_URL === undefined ? [] : [besideSandbox(new URL(variables.WAIHU_SANDBOX_URL))]),
    ],
    oidc: oidcOf(variables),
    wayInDays: variables.WAIHU_WAY_IN_DAYS,
    metricsToken: variables.WAIHU_METRICS_TOKEN,
    workerMetrics: hostAndPort(variables.WAIHU_WORKER_METRICS),
    logLevel: variables.WAIHU_LOG_LEVEL,
    taskQueue: variables.WAIHU_TASK_QUEUE,
    senders: variables.WAIHU_SENDERS ?? sparedCores(),
    temporalCache: resolve(cwd, variables.WAIHU_TEMPORAL_CACHE ?? resolve(cwd, cacheHome, 'waihu')),
    browserPath: variables.WAIHU_BROWSER === undefined ? undefined : resolve(cwd, variables.WAIHU_BROWSER),
    env,
  };
}

function hostAndPort(text: string | undefined): { host: string; port: number } | undefined {
  const colon = text?.lastIndexOf(':') ?? -1;
  return text === undefined ? undefined : { host: text.slice(0, colon), port: Number(text.slice(colon + 1)) };
}

// PostgreSQL, the API with Temporal, and the worker of people's work have a core each before senders have.
const sparedCores = (): number => Math.max(1, Math.min(8, availableParallelism() - 3));

function oidcOf(variables: z.infer<typeof Variables>): Config['oidc'] {
  const {
    WAIHU_OIDC_ISSUER: issuer,
    WAIHU_OIDC_CLIENT_ID: clientId,
    WAIHU_OIDC_CLIENT_SECRET: clientSecret,
  } = variables;
  return issuer && clientId && clientSecret ? { issuer, clientId, clientSecret } : undefined;
}

/** A misspelt setting that is silently ignored costs an evening; so our own prefix is closed. */
function unknownVariables(env: Record<string, string>): string[] {
  const known = Object.keys(Variables.shape);
  return Object.keys(env)
    .filter((name) => name.startsWith('WAIHU_') && !known.includes(name))
    .map((name) => `${name}: is not a setting of Waihu; known are ${known.filter(isOurs).join(', ')}`);
}

const isOurs = (name: string) => name.startsWith('WAIHU_');

/** Where it plays on this machine, whoever tries the product out runs a faulty gateway of their own beside it. */
const besideSandbox = ({ host, hostname }: URL): string => (isLoopback(host) ? `${hostname}:*` : host);
