/** Puts the rules and the city's merchants where the pods look for them. */
import { readFile } from 'node:fs/promises';
import { createS3 } from '../../../src/documents/s3-client.ts';
import { DocumentConflictError, putDocument } from '../../../src/documents/s3-object.ts';

export interface UploadOptions {
  /** Undefined: AWS's own. */
  readonly endpoint: string | undefined;
  readonly region: string | undefined;
  readonly rulesFile: string | URL;
  readonly rulesUri: string;
  readonly merchants: object;
  readonly merchantsUri: string;
}

/** What became of a document; one that is there already is somebody's work and stays. */
export type Uploaded = 'uploaded' | 'kept';

/** Uploads both documents, each only where there is none yet. */
export const uploadDocuments = async (
  options: UploadOptions,
): Promise<{ readonly rules: Uploaded; readonly merchants: Uploaded }> => {
  const s3 = createS3({ endpoint: options.endpoint, region: options.region });
  const put = async (uri: string, body: string): Promise<Uploaded> => {
    try {
      await putDocument(s3, uri, body, { ifNoneMatch: '*' });
      return 'uploaded';
    } catch (error) {
      if (error instanceof DocumentConflictError) return 'kept';
      throw error;
    }
  };
  try {
    return {
      rules: await put(options.rulesUri, await readFile(options.rulesFile, 'utf8')),
      merchants: await put(options.merchantsUri, JSON.stringify(options.merchants, null, 1)),
    };
  } finally {
    s3.destroy();
  }
};
