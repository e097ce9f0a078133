import { BlockList, isIP } from 'node:net';

// Addresses that are not on the public network: whoever may name a webhook must not reach into the house by it.
const inside = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const)
  inside.addSubnet(network, prefix, 'ipv4');
for (const [network, prefix] of [
  ['::', 127],
  // What stands for an IPv4 address inside an IPv6 one.
  ['64:ff9b::', 96],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  inside.addSubnet(network, prefix, 'ipv6');

/** Whether an address is on the public network. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 0) return false;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped) return !inside.check(mapped, 'ipv4');
  // Any other spelling of a mapped address is refused rather than understood.
  if (family === 6 && /^(?:::|0+:)/i.test(address)) return false;
  return !inside.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

/** `host:port` pairs inside the house that whoever runs the installation has allowed (`WAIHU_NOTICE_HOSTS`). */
export type AllowedHosts = ReadonlySet<string>;

export const hostAndPort = (url: URL): string =>
  `${url.hostname.toLowerCase()}:${url.port || (url.protocol === 'https:' ? '443' : '80')}`;

const robots = {
  wecom: { host: 'qyapi.weixin.qq.com', path: /^\/cgi-bin\/webhook\/send$/, query: /^\?key=[\w-]{6,80}$/ },
  dingtalk: { host: 'oapi.dingtalk.com', path: /^\/robot\/send$/, query: /^\?access_token=[\w-]{6,120}$/ },
  feishu: { host: 'open.feishu.cn', path: /^\/open-apis\/bot\/v2\/hook\/[\w-]{6,80}$/, query: /^$/ },
} as const;

/** What is wrong with an address, before anything is sent there; null when nothing is. */
export function addressFault(
  kind: 'wecom' | 'dingtalk' | 'feishu' | 'webhook',
  text: string,
  allowed: AllowedHosts,
): 'channel.url' | 'channel.url-host' | 'channel.url-https' | null {
  if (!URL.canParse(text)) return 'channel.url';
  const url = new URL(text);
  if (url.username !== '' || url.password !== '' || url.hash !== '') return 'channel.url';
  const known = allowed.has(hostAndPort(url));
  if (kind !== 'webhook') {
    const robot = robots[kind];
    if (!robot.path.test(url.pathname) || !robot.query.test(url.search)) return 'channel.url';
    if (!known && hostAndPort(url) !== `${robot.host}:443`) return 'channel.url-host';
  } else if (!known && isIP(bare(url.hostname)) !== 0 && !isPublicAddress(bare(url.hostname)))
    return 'channel.url-host';
  if (url.protocol === 'https:') return null;
  return url.protocol === 'http:' && known ? null : 'channel.url-https';
}

const bare = (hostname: string): string => hostname.replace(/^\[|\]$/g, '');

// RFC 6761, 6762, 8375 and what houses call their own networks: no resolver of the public network knows them.
const insideNames = /(?:^|\.)(?:local|lan|internal|intranet|corp|home|home\.arpa|test|example|invalid)$/;

/** From where an address of ours can be reached: only on this machine, only inside the house, or by a provider as well. */
export function reachOf(address: string): 'this-machine' | 'inside' | 'public' {
  const host = bare(new URL(address).hostname).toLowerCase().replace(/\.$/, '');
  if (host === 'localhost' || host.endsWith('.localhost') || /^(?:127\.|0\.0\.0\.0$|::1?$)/.test(host))
    return 'this-machine';
  // ::ffff:7f00:1 is how a URL writes ::ffff:127.0.0.1.
  if (/^::ffff:7f[0-9a-f]{2}:/.test(host)) return 'this-machine';
  if (isIP(host) !== 0) return isPublicAddress(host) ? 'public' : 'inside';
  return host.includes('.') && !insideNames.test(host) ? 'public' : 'inside';
}
