import { isLoopback } from '../kernel/loopback.rule.ts';
import { AppError } from '../kernel/app-error.rule.ts';

/**
 * Alibaba Cloud's own hosts for SMS. Names are listed one by one: in `aliyuncs.com` anybody may rent a name, and
 * `dysmsapi.oss-cn-hangzhou.aliyuncs.com` would be a stranger's bucket. Source: the SDK's endpoint map and
 * https://help.aliyun.com/document_detail/419270.html.
 */
export const aliyunEndpoints: readonly string[] = [
  'dysmsapi.aliyuncs.com',
  'dysmsapi-proxy.cn-beijing.aliyuncs.com',
  'dysmsapi-xman.cn-hongkong.aliyuncs.com',
  'dysmsapi.ap-southeast-1.aliyuncs.com',
  'dysmsapi.ap-southeast-5.aliyuncs.com',
  'dysmsapi.eu-central-1.aliyuncs.com',
  'dysmsapi.us-east-1.aliyuncs.com',
];

export type EndpointFault = 'gateway.endpoint-unreadable' | 'gateway.endpoint-plain' | 'gateway.endpoint-not-allowed';
export type Endpoint = { endpoint: string; protocol: 'http' | 'https' };

// DNS allows 253 characters of name; a port adds six.
const longest = 259;
const shape = /^[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*(?::\d{1,5})?$/;

/** `host` or `host:port` in lower case, or null for anything else (a scheme, a path, a line break, an empty label). */
export function readEndpoint(text: string): string | null {
  const endpoint = text.length <= longest ? text.toLowerCase() : '';
  const port = Number(endpoint.split(':')[1] ?? 443);
  const labels = (endpoint.split(':')[0] ?? '').split('.');
  const named = labels.every((label) => !label.startsWith('-') && !label.endsWith('-'));
  return shape.test(endpoint) && named && port >= 1 && port <= 65_535 ? endpoint : null;
}

/**
 * Why messages must not go there, or null when they may. `allowed` comes from the environment (WAIHU_GATEWAY_ENDPOINTS), so
 * that neither an administrator nor somebody who writes into the database can send people's numbers to a host of their own.
 */
export function endpointFault({ endpoint, protocol }: Endpoint, allowed: readonly string[]): EndpointFault | null {
  const read = readEndpoint(endpoint);
  if (read === null) return 'gateway.endpoint-unreadable';
  // Numbers and variables stand in the URL of a request.
  if (protocol !== 'https' && !isLoopback(read)) return 'gateway.endpoint-plain';
  return isAmong({ endpoint: read, protocol }, allowed) ? null : 'gateway.endpoint-not-allowed';
}

/** Whether `host` or `host:port` is one of `allowed`; a port that is left out is the protocol's usual one. */
export function isAmong({ endpoint, protocol }: Endpoint, allowed: readonly string[]): boolean {
  const usual = protocol === 'https' ? '443' : '80';
  const [host = '', port = usual] = endpoint.split(':');
  return allowed.some((name) => {
    const [itsHost, itsPort = usual] = name.split(':');
    return itsHost === host && (itsPort === port || itsPort === '*');
  });
}

/** `WAIHU_GATEWAY_ENDPOINTS`: names separated by commas or spaces; `host:*` is every port of a host. Null when one is unreadable. */
export function readEndpoints(text: string): string[] | null {
  const names = text.split(/[\s,]+/).filter((name) => name !== '');
  const read = names.map((name) => {
    const host = name.endsWith(':*') ? readEndpoint(name.slice(0, -2)) : readEndpoint(name);
    return host !== null && name.endsWith(':*') ? `${host}:*` : host;
  });
  return names.length > 0 && read.every((name) => name !== null && !/:\d+:\*$/.test(name)) ? (read as string[]) : null;
}

const messages: Record<EndpointFault, string> = {
  'gateway.endpoint-unreadable': 'Give the endpoint as host or host:port, without a scheme.',
  'gateway.endpoint-plain': 'http is for a gateway on this machine only: numbers and variables stand in the URL.',
  'gateway.endpoint-not-allowed':
    'Messages may not be sent to this host: whoever runs the server allows it with WAIHU_GATEWAY_ENDPOINTS.',
};

/** Throws AppError('invalid', 'gateway.endpoint-…') unless messages may go there. */
export function demandEndpoint(at: Endpoint, allowed: readonly string[]): void {
  const fault = endpointFault(at, allowed);
  if (fault === null) return;
  const faults = [{ field: 'endpoint', code: fault, message: messages[fault] }];
  throw new AppError('invalid', fault, messages[fault], { faults });
}
