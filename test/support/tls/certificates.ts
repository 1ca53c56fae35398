/**
 * Certificates for servers of this machine, made by Java's keytool, which comes with the Java that the local broker
 * needs anyway. Each vouches for itself: whoever shall trust it is given its PEM file.
 */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Certificate {
  /** Path of the PKCS#12 file with key and certificate, as Java and Node read it. */
  readonly keyStore: string;
  readonly password: string;
  /** Path of the certificate alone, for `NODE_EXTRA_CA_CERTS`. */
  readonly pemFile: string;
}

/**
 * For 127.0.0.1 and localhost, valid from yesterday to tomorrow.
 * @param directory existing; two files named for `name` go there.
 * @param java path of Java, or the bare word where it is on the PATH.
 */
export async function makeCertificate(directory: string, name: string, java: string): Promise<Certificate> {
  const keytool = basename(java) === java ? 'keytool' : join(dirname(java), 'keytool');
  const keyStore = join(directory, `${name}.p12`);
  const pemFile = join(directory, `${name}.pem`);
  const password = 'no-secret-in-a-test';
  const store = ['-alias', name, '-keystore', keyStore, '-storepass', password];
  await run(keytool, [
    ...['-genkeypair', ...store, '-storetype', 'PKCS12', '-keyalg', 'EC', '-groupname', 'secp256r1'],
    ...['-dname', `CN=${name}`, '-ext', 'SAN=ip:127.0.0.1,dns:localhost', '-ext', 'bc:c'],
    ...['-startdate', '-1d', '-validity', '2'],
  ]);
  const { stdout } = await run(keytool, ['-exportcert', '-rfc', ...store]);
  await writeFile(pemFile, stdout);
  return { keyStore, password, pemFile };
}
