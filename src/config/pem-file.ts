/** Certificates and a key as PEM files, read once. Refused where TLS could not work with them: at the start, by name. */
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { readTextFile, UnusableFile } from './read-file.ts';

/** The path of a PEM file with one certificate or more → its text. */
export const certificateFile = pemFile('with one certificate or more', (pem) => {
  const certificates = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  if (certificates.length === 0) throw new UnusableFile('it holds no certificate');
  for (const certificate of certificates) new X509Certificate(certificate);
});

/** The path of a PEM file with a private key that needs no passphrase → its text. */
export const keyFile = pemFile('with a private key that needs no passphrase', (pem) => {
  createPrivateKey(pem);
});

/** Whether the key is that of the first certificate. Never throws. */
export function isKeyOf(keyPem: string, certificatePem: string): boolean {
  try {
    const key: KeyObject = createPrivateKey(keyPem);
    return new X509Certificate(certificatePem).checkPrivateKey(key);
  } catch {
    return false;
  }
}

/** @param check throws where the text can't be used; only what `UnusableFile` says is told. */
function pemFile(what: string, check: (pem: string) => void): z.ZodType<string> {
  return z.string().transform((path, context) => {
    try {
      const pem = readTextFile(path);
      check(pem);
      return pem;
    } catch (error) {
      const why = error instanceof UnusableFile ? error.message : 'it holds something else';
      context.addIssue({ code: 'custom', message: `expected the path of a PEM file ${what}: ${why}` });
      return z.NEVER;
    }
  });
}
