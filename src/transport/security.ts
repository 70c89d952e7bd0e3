/**
 * Who knows the run's secret belongs to the run. Each connection is TLS 1.3 with an external pre-shared key: both sides prove that
 * they know it and everything is encrypted with forward secrecy, without any certificate. Nothing of a peer is parsed before.
 */
import { hkdfSync, randomBytes } from 'node:crypto';
import type { ConnectionOptions, TlsOptions } from 'node:tls';
import { hasCode, RolecallError } from '../errors.ts';

/** The run's secret, or that there is none: then anybody who reaches a port can take part. For benchmarks. */
export type Security = Uint8Array | 'none';

const SECRET_BYTES = 32;
const IDENTITY = 'rolecall';
const TLS_1_3 = {
  minVersion: 'TLSv1.3',
  maxVersion: 'TLSv1.3',
  ciphers: 'TLS_AES_128_GCM_SHA256', // an external key is bound to a hash, and Node takes it to be SHA-256
  ca: [], // no certificate counts; without this, Node parses 150 of authorities at the start, which takes 5 ms
} satisfies TlsOptions;

/** Makes the secret of a new run: 256 bits. */
export function newSecret(): Uint8Array {
  return new Uint8Array(randomBytes(SECRET_BYTES));
}

/** TLS options of the side that listens. */
export function serverTlsOptions(secret: Uint8Array): TlsOptions {
  const psk = presharedKey(secret);
  return { ...TLS_1_3, pskCallback: (_socket, identity) => (identity === IDENTITY ? psk : null) };
}

/** TLS options of the side that connects. */
export function clientTlsOptions(secret: Uint8Array) {
  const psk = presharedKey(secret);
  return {
    ...TLS_1_3,
    pskCallback: () => ({ psk, identity: IDENTITY }),
    // Asked only if the server did not use the key but showed a certificate, which anybody can have.
    checkServerIdentity: () =>
      new RolecallError('ERR_SECURITY', 'The listener showed a certificate instead of using the key'),
  } satisfies ConnectionOptions;
}

function presharedKey(secret: Uint8Array): Buffer {
  if (secret.byteLength !== SECRET_BYTES) {
    throw new RolecallError(
      'ERR_INVALID_ARGUMENT',
      `Cannot use the secret of the run: it has ${secret.byteLength} bytes, expected ${SECRET_BYTES}`,
    );
  }
  return Buffer.from(hkdfSync('sha256', secret, '', 'rolecall tls 1.3 psk', SECRET_BYTES));
}

/** True if a connection failed because the two sides do not share the key, rather than because of the network. */
export function isHandshakeFailure(error: unknown): boolean {
  if (hasCode(error, 'ERR_SECURITY')) return true;
  const { code } = error as NodeJS.ErrnoException;
  return code !== undefined && /^EPROTO$|^ERR_SSL_|CERT|SIGNATURE/.test(code);
}
