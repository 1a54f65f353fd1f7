import type { ClientDraft, ClientFormat, ClientLimits, ClientPackage, Clients } from '@/api/types';
import { type KeyDraft, keyBody, keyReady } from '../settings/keyDraft';

/** Which proxy agents take: that of the system they run on, none, or one that is named. */
export type ProxyChoice = 'system' | 'none' | 'own';

/** A client as it is being described. What is absent is as the server proposes it. */
export interface Draft {
  host?: string;
  port?: string;
  key: Partial<KeyDraft>;
  endProcess: boolean;
  proxy: ProxyChoice;
  proxyAddress: string;
  /** In MiB; empty: the agent's own limit. */
  spool: string;
  /** Empty: the best that works. */
  sensor: string;
}

export const emptyDraft: Draft = {
  key: {},
  endProcess: false,
  proxy: 'system',
  proxyAddress: '',
  spool: '',
  sensor: '',
};

export const mebibyte = 1 << 20;

export interface Address {
  host: string;
  port: string;
}

/** Takes an address apart that somebody pasted whole: with a scheme, a port or a path. */
export function pastedAddress(text: string): Partial<Address> {
  const whole = /^\s*(?:[a-z][a-z0-9+.-]*:\/\/)?(\[[^\]]*\]|[^\s/:]*)(?::(\d+))?(?:\/.*)?\s*$/i.exec(text);
  // Anything else, as an address of IPv6 without brackets, is left as it is.
  if (!whole) return { host: text.trim() };
  return whole[2] === undefined ? { host: whole[1] } : { host: whole[1], port: whole[2] };
}

export type AddressFault = 'missing' | 'host' | 'port';

export function addressFault({ host, port }: Address): AddressFault | undefined {
  const name = host.trim();
  if (name === '') return 'missing';
  if (/[\s/\\@?#,;"'<>]/.test(name) || name.length > 253) return 'host';
  return /^\d{1,5}$/.test(port.trim()) && Number(port) >= 1 && Number(port) <= 65_535 ? undefined : 'port';
}

/** The address as agents take it. */
export function addressOf({ host, port }: Address): string {
  const name = host.trim();
  const bare = name.includes(':') && !name.startsWith('[');
  return `https://${bare ? `[${name}]` : name}:${port.trim()}`;
}

/**
 * What the address is supposed to be: the name by which the browser reaches the
 * server, unless that is the browser's own machine, and the port where agents are heard.
 */
export function proposedAddress({ host, port }: Clients['server'], hostname: string): Address {
  const own = /^(localhost|127\..*|\[::1\])$/.test(hostname);
  return { host: own && host !== '' ? host : hostname, port: port > 0 ? String(port) : '' };
}

interface OptionFaults {
  proxy?: 'address';
  spool?: 'number';
}

/** What is wrong with the options as far as they are typed. */
export function optionFaults(
  { proxy, proxyAddress, spool }: Pick<Draft, 'proxy' | 'proxyAddress' | 'spool'>,
  limits: Pick<ClientLimits, 'spool_least' | 'spool_most'>,
): OptionFaults {
  const size = spool.trim();
  const bytes = Number(size) * mebibyte;
  const fits = /^\d{1,9}$/.test(size) && bytes >= limits.spool_least && bytes <= limits.spool_most;
  return {
    proxy: proxy === 'own' && !/^https?:\/\/[^\s/]+\/?$/i.test(proxyAddress.trim()) ? 'address' : undefined,
    spool: size === '' || fits ? undefined : 'number',
  };
}

/** How many options differ from what is usual. */
export function optionCount({ endProcess, proxy, spool, sensor }: Draft): number {
  return [endProcess, proxy !== 'system', spool.trim() !== '', sensor !== ''].filter(Boolean).length;
}

/** The package that the address names, or the first. */
export function packageOf(packages: readonly ClientPackage[], id: string | undefined): ClientPackage | undefined {
  return packages.find((each) => each.id === id) ?? packages[0];
}

/** The package of a format and an architecture, or of another architecture where there is none. */
export function nearest(
  packages: readonly ClientPackage[],
  format: ClientFormat,
  arch: ClientPackage['arch'],
): ClientPackage | undefined {
  const ofFormat = packages.filter((each) => each.format === format);
  return ofFormat.find((each) => each.arch === arch) ?? ofFormat[0];
}

export const formats: readonly ClientFormat[] = ['exe', 'msi', 'deb', 'tar'];
export const architectures = ['amd64', 'arm64'] as const;

/** What the form asks of the server. */
export interface Asked {
  package: ClientPackage;
  address: Address;
  /** An existing key, or what a new one is to be. */
  key: number | KeyDraft;
  draft: Draft;
}

/** The parts of the form. */
export type Part = 'where' | 'with' | 'options';

/** The parts in which something is wrong or missing; nothing where a client can be made. */
export function unready(
  { address, key, draft }: Asked,
  limits: Pick<ClientLimits, 'spool_least' | 'spool_most'>,
): Part[] {
  const { proxy, spool } = optionFaults(draft, limits);
  const parts: Part[] = [];
  if (addressFault(address) !== undefined) parts.push('where');
  if (typeof key !== 'number' && !keyReady(key)) parts.push('with');
  if (proxy || spool) parts.push('options');
  return parts;
}

/** The client as the server takes it. */
export function bodyOf({ package: of, address, key, draft }: Asked, now: number): ClientDraft {
  const { proxy, proxyAddress, spool } = draft;
  return {
    package: of.id,
    server: addressOf(address),
    ...(typeof key === 'number' ? { key_id: key } : { new_key: keyBody(key, now) }),
    end_process: draft.endProcess || undefined,
    proxy: proxy === 'system' ? undefined : proxy === 'none' ? 'none' : proxyAddress.trim(),
    spool_bytes: spool.trim() === '' ? undefined : Number(spool) * mebibyte,
    sensor: draft.sensor || undefined,
  };
}
