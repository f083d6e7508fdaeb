import type { Heading, SourceDocument, TableSpan, TextStructure } from '../../types.js';
import type { StoredSource } from '../indexer.js';

/** A document read from a file, or from an index: then it may say how it was cut into passages there. */
export interface LoadedDocument extends TextStructure, Pick<StoredSource, 'chunking'> {
  type: 'document';
  /** Headings and tables are places in its `text`. */
  document: SourceDocument;
  /** As the caller named it, or below the folder that was named. */
  file: string;
  /** From 1; only in files with a record a line. */
  line?: number;
}

/** A record or file that became no document. The others are not affected. */
export interface RejectedRecord {
  type: 'rejected';
  file: string;
  line?: number;
  /** For a person: what was expected and what was found. */
  reason: string;
}

export type Loaded = LoadedDocument | RejectedRecord;

/** What a loader gives to documents that do not say it themselves, and its limits. */
export interface LoaderOptions {
  tenant: string;
  /** Groups of documents that name none; empty = everybody in the tenant. */
  acl: readonly string[];
  /** Credentials for an index that a `.source.yaml` names. */
  elasticsearch?: { apiKey?: string; username?: string; password?: string; caFile?: string };
  /** Largest record, or file with one document, in bytes; a larger one is rejected unread. @default 16 MiB */
  maxRecordBytes?: number;
  /** Told how many bytes of the file have been read since the last call. */
  onBytes?(bytes: number): void;
}

export const MAX_RECORD_BYTES = 16 * 1024 * 1024;

/** What a file with one document says about itself. */
export interface ParsedText {
  title?: string;
  text: string;
  headings: readonly Heading[];
  tables?: readonly TableSpan[];
  url?: string;
  date?: string;
  language?: string;
}

/** Half of a surrogate pair cannot be stored as UTF-8; it becomes the replacement character, so that offsets stay. */
export const wellFormed = (text: string): string => text.replace(/\p{Surrogate}/gu, '\ufffd');

const decoder = new TextDecoder('utf-8', { fatal: true });

/** UTF-8 without a byte order mark, or `null` when it is not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}
