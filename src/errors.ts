/** Every error the service raises on purpose: a stable code, what a client may read, and the HTTP status. */
export const ERRORS = {
  'invalid-request': { status: 400, message: 'The request is not valid.' },
  'malformed-json': { status: 400, message: 'The body is not valid JSON.' },
  'empty-query': { status: 400, message: 'The query is empty.' },
  'query-too-long': { status: 400, message: 'The query is too long.' },
  unauthorized: { status: 401, message: 'A valid credential is required.' },
  forbidden: { status: 403, message: 'The credential does not allow this.' },
  'not-found': { status: 404, message: 'There is nothing at this address.' },
  'method-not-allowed': { status: 405, message: 'This address does not take that method.' },
  'not-acceptable': { status: 406, message: 'The requested media type cannot be produced.' },
  'version-conflict': { status: 412, message: 'The document is not in the version that was expected.' },
  'body-too-large': { status: 413, message: 'The body is too large.' },
  'unsupported-media-type': { status: 415, message: 'The media type of the body is not supported.' },
  'rate-limited': { status: 429, message: 'Too many requests.' },
  /** The caller went away or withdrew the request; nobody reads the reply. */
  cancelled: { status: 499, message: 'The request was cancelled.' },
  internal: { status: 500, message: 'Something went wrong.' },
  'invalid-config': { status: 500, message: 'The configuration is not valid.' },
  'model-missing': { status: 503, message: 'A model file is missing.' },
  'model-corrupt': { status: 503, message: 'A model file is not what its manifest says.' },
  'calibrator-mismatch': { status: 503, message: 'The confidence was fitted for another model.' },
  'index-missing': { status: 503, message: 'There is no index.' },
  'index-corrupt': { status: 503, message: 'The index cannot be read.' },
  'index-mismatch': { status: 503, message: 'The index was made with another embedding model.' },
  'retrieval-unavailable': { status: 503, message: 'No search back end answered.' },
  'inference-failed': { status: 503, message: 'A model could not be run.' },
  'inference-closed': { status: 503, message: 'The model is shutting down.' },
  overloaded: { status: 503, message: 'The service is busy.' },
  'deadline-exceeded': { status: 504, message: 'The time for this request is over.' },
} as const satisfies Record<string, { status: number; message: string }>;

export type ErrorCode = keyof typeof ERRORS;

export interface ServiceErrorOptions {
  /** The original error. It is logged and never shown to a client. */
  cause?: unknown;
  /** Replaces the table's message: name the option, the expected and the received value, and what to run. */
  message?: string;
}

/** An error with a stable code. Expected outcomes ("nothing found", "no answer") are values, not errors. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  readonly code: ErrorCode;
  /** HTTP status; only `src/api` reads it. */
  readonly status: number;

  constructor(code: ErrorCode, options: ServiceErrorOptions = {}) {
    super(options.message ?? ERRORS[code].message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.status = ERRORS[code].status;
  }
}

/** The error of an aborted signal: `deadline-exceeded` when its time ran out, else `cancelled`. */
export function abortError(signal: AbortSignal): ServiceError {
  const reason: unknown = signal.reason;
  if (reason instanceof ServiceError) return reason;
  const timedOut = reason instanceof Error && reason.name === 'TimeoutError';
  return new ServiceError(timedOut ? 'deadline-exceeded' : 'cancelled', { cause: reason });
}
