/** The names by which a daemon may be called, as a Host header spells them. */
import { networkInterfaces } from 'node:os';
import { type DaemonConfig, isLoopback } from './config.ts';

const DEFAULT_PORTS: ReadonlySet<number> = new Set([80, 443]);

/** `host:port` of every name, lower case; a default port may be left out. */
export function allowedHosts(
  { host, allowed_hosts }: Pick<DaemonConfig, 'host' | 'allowed_hosts'>,
  port: number,
): Set<string> {
  const everywhere = host === '0.0.0.0' || host === '::';
  const own = isLoopback(host) ? ['127.0.0.1', '::1', 'localhost', host] : everywhere ? addresses() : [host];
  const names = [...own, ...allowed_hosts].map(spelt);
  return new Set(
    names.flatMap((name) => {
      if (/:\d+$/.test(name)) return [name];
      return DEFAULT_PORTS.has(port) ? [name, `${name}:${port}`] : [`${name}:${port}`];
    }),
  );
}

/** Where this machine's own clients find a daemon that listens at `host`. */
export function localName(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '[::1]' : spelt(host);
}

/** An address as URLs spell it: IPv6 in brackets. */
function spelt(name: string): string {
  const isIpv6 = name.split(':').length > 2 && !name.startsWith('[');
  return (isIpv6 ? `[${name}]` : name).toLowerCase();
}

function addresses(): string[] {
  const bound = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  return ['localhost', ...bound.map(({ address }) => address)];
}
