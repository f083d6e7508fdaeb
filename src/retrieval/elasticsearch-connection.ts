import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ClientOptions } from '@elastic/elasticsearch';
import { ServiceError } from '../errors.js';

/** Where a server of Elasticsearch is, and how to be let in. */
export interface ElasticsearchConnection {
  /** Address of a node or load balancer; goes before `cloudId`. */
  url?: string;
  /** `NAME:BASE64`, as Elastic Cloud shows it. */
  cloudId?: string;
  /** Goes before `username` and `password`. */
  apiKey?: string;
  username?: string;
  password?: string;
  /** PEM file of the authority that signed the server's certificate. @default those that Node trusts */
  caFile?: string;
}

/** Names of the settings that a connection comes from, for messages. */
export interface ConnectionSettings {
  url: string;
  cloudId: string;
  caFile: string;
}

/** @param authority Content of `caFile`. */
export function clientOptions(
  { url, cloudId, apiKey, username, password }: Omit<ElasticsearchConnection, 'caFile'>,
  authority?: string,
): ClientOptions {
  const auth = apiKey ? { apiKey } : username ? { username, password: password ?? '' } : undefined;
  return {
    ...(url || !cloudId ? { node: url } : { cloud: { id: cloudId } }),
    ...(auth && { auth }),
    ...(authority !== undefined && { tls: { ca: authority } }),
  };
}

/**
 * The options of a client, with the authority's certificate read from its file.
 *
 * @throws ServiceError `invalid-config`, naming the setting, for a cloud id or certificate file that is none.
 */
export function readConnection(connection: ElasticsearchConnection, settings: ConnectionSettings): ClientOptions {
  const { url, cloudId, caFile } = connection;
  if (!url && cloudId) checkCloudId(cloudId, settings);
  return clientOptions(connection, caFile === undefined ? undefined : readAuthority(caFile, settings));
}

/** The client would say no more than that it is invalid, or ask a host that does not exist. */
function checkCloudId(cloudId: string, settings: ConnectionSettings): void {
  const [, encoded = ''] = cloudId.split(':');
  const [host, id] = Buffer.from(encoded, 'base64').toString().split('$');
  if (host && id && URL.canParse(`https://${id}.${host}`)) return;
  const message = `${settings.cloudId}: expected NAME:BASE64 as Elastic Cloud shows it, received ${JSON.stringify(cloudId)}.`;
  throw new ServiceError('invalid-config', { message });
}

function readAuthority(caFile: string, settings: ConnectionSettings): string {
  try {
    const pem = readFileSync(caFile, 'utf8');
    new X509Certificate(pem); // Throws for what is no certificate; the client would only when it connects.
    return pem;
  } catch (cause) {
    const found = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT' ? 'found no file' : 'found none';
    throw new ServiceError('invalid-config', {
      message: `${settings.caFile}: expected a certificate in PEM form in ${caFile}, ${found}.`,
      cause,
    });
  }
}

/** The error for a server whose certificate was refused; `null` when that was not the reason. */
export function certificateError(cause: unknown, settings: ConnectionSettings): ServiceError | null {
  // The client keeps the message of the TLS error and nothing else of it.
  if (!(cause instanceof Error) || cause.name !== 'ConnectionError') return null;
  const reason = cause.message.split('\n')[0]?.slice(0, 200);
  if (/altnames/i.test(cause.message)) {
    const message = `${settings.url}: expected a host that the server's certificate names. ${reason}`;
    return new ServiceError('invalid-config', { message, cause });
  }
  if (!/certificate/i.test(cause.message)) return null;
  const expected = `${settings.caFile}: expected the authority that signed the server's certificate`;
  return new ServiceError('invalid-config', { message: `${expected}; it was refused: ${reason}.`, cause });
}
